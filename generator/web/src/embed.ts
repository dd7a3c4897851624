// The card that other websites embed: `/embed/?module=NAME`.
import { hue, iconFor } from "./card.ts";
import { base, find, h, icon } from "./dom.ts";
import { isName } from "./wish.ts";
import { say } from "./i18n.ts";

interface Module {
  name: string;
  title: string;
  summary: string;
  version: string;
  tasks: string[];
  data_types: string[];
  running: number;
  verified: boolean;
}

function card(module: Module): HTMLLIElement {
  return h("li", { class: "card" },
    h("div", { class: `tile hue-${hue(module.name)}` }, icon(iconFor(module.data_types))),
    h("h3", { dir: "auto" }, h("a", { href: `${base()}/modules/${module.name}/`, target: "_top" }, module.title)),
    h("p", { class: "card-name" }, h("span", { class: "mono-name" }, module.name), h("span", {}, module.version)),
    h("p", { class: "card-text", dir: "auto" }, module.summary),
    h("p", { class: "card-foot" }, ...module.tasks.slice(0, 2).map((task) => h("span", { class: "tag" }, task)),
      module.verified ? h("span", { class: "badge badge-ok" }, say("badge.verified")) : null,
      module.running ? h("span", { class: "badge badge-live" }, say("badge.runs")) : null));
}

const name = new URLSearchParams(location.search).get("module") ?? "";
if (isName(name)) {
  fetch(`${base()}/api/v1/modules/${name}.json`).then((response) => response.json() as Promise<Module>)
    .then((module) => find("#card")?.replaceChildren(card(module)))
    .catch(() => undefined);
}
