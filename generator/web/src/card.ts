// What the browser says of a module before its card is there, and in short lists.
import { shardOf, titleOf, valuesOf as numbersOf, type Columns } from "./columns.ts";
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
  return facet ? [...numbersOf(facet, module)].map((value) => facet.values[value] ?? "") : [];
}

export function gpuWords(value: string): string {
  return /^\d+$/.test(value) ? say("gpu.upto", { n: value }) : say(`gpu.${value}`);
}

/** A card until its own comes: what the columns know, in the place that it will take. */
export function card(columns: Columns, module: number): HTMLLIElement {
  const name = columns.names[module]!;
  return h("li", { class: "card", "data-name": name, "data-bare": true },
    h("div", { class: "look look-none" }, icon(iconFor(valuesOf(columns, "data", module)))),
    h("h3", { dir: "auto" }, h("a", { href: `${base()}/modules/${name}/` }, titleOf(name))),
    h("p", { class: "card-name" }, h("span", { class: "mono-name" }, name)),
    h("p", { class: "card-text" }));
}
