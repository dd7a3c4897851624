// A card as the browser makes it; templates/card.html makes the same one at build time.
import { day, shardOf, type Columns } from "./columns.ts";
import type { Summary } from "./data.ts";
import { base, h, icon } from "./dom.ts";
import { say } from "./i18n.ts";

const HUES = 12;
const ICONS: [pattern: RegExp, name: string][] = [
  [/image|photo|picture/, "image"], [/video/, "video"], [/audio|sound|speech/, "audio"],
  [/text|language/, "text"], [/tab|csv/, "table"], [/series|signal|stream/, "series"],
  [/graph|network/, "graph"],
];

export function hue(name: string): number {
  return shardOf(name, HUES);
}

export function iconFor(kinds: string[]): string {
  const words = kinds.join(" ").toLowerCase();
  return ICONS.find(([pattern]) => pattern.test(words))?.[1] ?? "cube";
}

export function valuesOf(columns: Columns, key: string, module: number): string[] {
  const facet = columns.facets.find((item) => item.key === key);
  return facet ? facet.of(module).map((value) => facet.values[value] ?? "") : [];
}

export function gpuWords(value: string): string {
  return /^\d+$/.test(value) ? say("gpu.upto", { n: value }) : say(`gpu.${value}`);
}

export function card(columns: Columns, module: number, summary?: Summary): HTMLLIElement {
  const name = columns.names[module]!;
  const of = (key: string): string[] => valuesOf(columns, key, module);
  const updated = day(columns, columns.updated[module]!);
  const gpu = of("gpu")[0] ?? "none";
  return h("li", { class: "card", "data-name": name },
    h("div", { class: `tile hue-${hue(name)}` }, icon(iconFor(of("data")))),
    h("h3", { dir: "auto" }, h("a", { href: `${base()}/modules/${name}/` }, columns.titles[module]!)),
    h("p", { class: "card-name" }, h("span", { class: "mono-name" }, name), h("span", {}, summary?.[1] ?? ""),
      updated ? h("time", { datetime: updated }, updated) : null),
    h("p", { class: "card-text", dir: "auto" }, summary?.[0] ?? ""),
    h("p", { class: "card-foot" },
      ...of("task").slice(0, 2).map((task) => h("span", { class: "tag" }, task)),
      gpu === "none" ? null : h("span", { class: "tag tag-gpu" }, gpuWords(gpu)),
      of("current").length ? null : h("span", { class: "badge badge-old" }, say("badge.deprecated")),
      of("verified").length ? h("span", { class: "badge badge-ok" }, say("badge.verified")) : null,
      of("runs").length ? h("span", { class: "badge badge-live" }, say("badge.runs")) : null));
}
