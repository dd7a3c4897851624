// The column of facets: boxes to tick, with counts.
import type { Columns, Facet } from "./columns.ts";
import type { Answer } from "./engine.ts";
import { gpuWords } from "./card.ts";
import { h } from "./dom.ts";
import { say } from "./i18n.ts";
import type { State } from "./state.ts";

export const FLAGS = ["runs", "verified", "trainable", "current"];
const FEW = 8;

export function valueWords(key: string, value: string): string {
  if (FLAGS.includes(key)) return say(`facet.${key}`);
  return key === "gpu" ? gpuWords(value) : value;
}

interface Box {
  key: string;
  value: string;
  at: number;
  row: HTMLLIElement;
  input: HTMLInputElement;
  count: HTMLElement;
}

export class Facets {
  private readonly boxes: Box[] = [];
  private readonly opened = new Set<string>();
  private readonly more = new Map<string, HTMLButtonElement>();

  constructor(
    column: HTMLElement,
    private readonly columns: Columns,
    private readonly onToggle: (key: string, value: string) => void,
  ) {
    const groups = columns.facets.filter((facet) => !FLAGS.includes(facet.key) && facet.values.length);
    const flags = columns.facets.filter((facet) => FLAGS.includes(facet.key) && facet.values.length);
    column.replaceChildren(
      h("fieldset", { class: "facet" }, h("legend", {}, say("facet.only")),
        h("ul", {}, ...flags.map((facet) => this.box(facet, 0)))),
      ...groups.map((facet, i) => this.group(facet, i < 3)),
    );
  }

  show(state: State, answer: Answer): void {
    for (const box of this.boxes) {
      const count = answer.counts.get(box.key)?.[box.at] ?? 0;
      box.input.checked = state.chosen.get(box.key)?.has(box.value) ?? false;
      // Only what changed is written: the browser lays out anew whatever is touched.
      const words = String(count);
      if (box.count.textContent !== words) {
        box.count.textContent = words;
        box.row.classList.toggle("empty", !count);
      }
    }
    for (const facet of this.columns.facets) this.fold(facet, answer);
  }

  private group(facet: Facet, open: boolean): HTMLElement {
    const more = h("button", { type: "button", class: "more", hidden: true });
    more.addEventListener("click", () => {
      this.opened.add(facet.key);
      for (const box of this.boxes) if (box.key === facet.key) box.row.hidden = false;
      more.hidden = true;
      this.boxes.find((box) => box.key === facet.key && box.at === FEW)?.input.focus();
    });
    this.more.set(facet.key, more);
    return h("details", { class: "facet", open },
      h("summary", {}, say(`facet.${facet.key}`)),
      h("ul", {}, ...facet.values.slice(0, 60).map((_, at) => this.box(facet, at))), more);
  }

  /** Show the first few, those that are ticked, and a way to the rest. */
  private fold(facet: Facet, answer: Answer): void {
    const more = this.more.get(facet.key);
    if (!more || this.opened.has(facet.key)) return;
    const mine = this.boxes.filter((box) => box.key === facet.key);
    const counts = answer.counts.get(facet.key) ?? [];
    const ranked = facet.key === "gpu" ? mine
      : [...mine].sort((a, b) => (counts[b.at] ?? 0) - (counts[a.at] ?? 0) || a.at - b.at);
    ranked.forEach((box, i) => {
      const hide = i >= FEW && !box.input.checked;
      if (box.row.hidden !== hide) box.row.hidden = hide;
    });
    if (more.textContent) return;
    more.hidden = mine.length <= FEW;
    more.textContent = say("facet.more", { n: mine.length - FEW });
  }

  private box(facet: Facet, at: number): HTMLLIElement {
    const value = facet.values[at]!;
    const input = h("input", { type: "checkbox", "data-key": facet.key, "data-value": value });
    input.addEventListener("change", () => this.onToggle(facet.key, value));
    const count = h("span", { class: "n" });
    const row = h("li", {}, h("label", {}, input,
      h("span", { class: "value" }, valueWords(facet.key, value)), count));
    this.boxes.push({ key: facet.key, value, at, row, input, count });
    return row;
  }
}
