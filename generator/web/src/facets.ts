// The column of filters. It is in the page as built: boxes to tick, with counts; here they come alive, in their places.
import { gpuWords } from "./card.ts";
import type { Facet } from "./columns.ts";
import { all, find } from "./dom.ts";
import type { Answer } from "./engine.ts";
import { say } from "./i18n.ts";
import type { State } from "./state.ts";

export const FLAGS = ["runs", "verified", "trainable", "current"];
const CLASSES = ["gpu", "size"];
const FEW = 8;

export function valueWords(key: string, value: string): string {
  if (FLAGS.includes(key)) return say(`facet.${key}`);
  const box = find<HTMLInputElement>(`.facets input[data-key="${key}"][data-value="${CSS.escape(value)}"]`);
  return box?.parentElement?.querySelector(".value")?.textContent ?? (key === "gpu" ? gpuWords(value) : value);
}

interface Box {
  key: string;
  value: string;
  row: HTMLElement;
  input: HTMLInputElement;
  count: HTMLElement;
  /** Where its value stands among the facet's. */
  at: number;
}

export class Facets {
  private readonly boxes: Box[];
  private readonly opened = new Set<string>();

  /**
   * @param onToggle a box was ticked, or no more
   * @param onOpen a filter was opened, whose counts may be old
   */
  constructor(
    private readonly column: HTMLElement, onToggle: (key: string, value: string) => void, onOpen: () => void,
  ) {
    this.boxes = all<HTMLInputElement>("input[data-key]", column).map((input) => {
      const { key, value } = input.dataset as { key: string; value: string };
      input.addEventListener("change", () => onToggle(key, value));
      return { key, value, row: input.closest("li")!, input, count: find<HTMLElement>("label .n", input.closest("li")!)!, at: -1 };
    });
    for (const more of all<HTMLButtonElement>("button.more", column)) {
      more.addEventListener("click", () => this.open(more));
    }
    for (const group of all<HTMLDetailsElement>("details:not([open])", column)) {
      group.addEventListener("toggle", () => group.open && onOpen());
    }
  }

  /** Whether a filter's values are seen. */
  isOpen(key: string): boolean {
    const box = this.boxes.find((each) => each.key === key);
    return box?.row.closest("details")?.open ?? false;
  }

  /** Where the news of a value's modules are; nothing where they have no feed of their own. */
  feedOf(key: string, value: string): string | undefined {
    return this.boxes.find((each) => each.key === key && each.value === value)?.input.dataset.feed;
  }

  /** What was ticked before anybody listened. */
  ticked(): [key: string, value: string][] {
    return this.boxes.filter(({ input }) => input.checked).map(({ key, value }) => [key, value]);
  }

  tick(state: State): void {
    for (const { key, value, input } of this.boxes) input.checked = state.chosen.get(key)?.has(value) ?? false;
  }

  /** Write the counts; `anew` brings those values up that the words found, which moves what is below. */
  show(facets: readonly Facet[], state: State, answer: Answer, anew: boolean): void {
    this.tick(state);
    const known = new Set(facets.filter((facet) => facet.known).map(({ key }) => key));
    const counts = new Map<Box, number>();
    for (const box of this.boxes) {
      if (!known.has(box.key)) continue;
      const count = answer.counts.get(box.key)?.[this.place(facets, box)] ?? 0;
      counts.set(box, count);
      const words = String(count);
      // Only what changed is written: the browser lays out anew whatever is touched.
      if (box.count.textContent === words) continue;
      box.count.textContent = words;
      box.row.classList.toggle("empty", words === "0");
    }
    if (anew && !this.column.matches(":hover")) for (const key of known) this.fold(key, counts);
  }

  /** Where a box's value stands among its facet's; a page lists the most usual ones, as the index does. */
  private place(facets: readonly Facet[], box: Box): number {
    const values = facets.find(({ key }) => key === box.key)!.values;
    if (values[box.at] !== box.value) box.at = values.indexOf(box.value);
    return box.at;
  }

  private open(more: HTMLButtonElement): void {
    const key = more.dataset.key!;
    this.opened.add(key);
    const hidden = this.boxes.filter((box) => box.key === key && box.row.hidden);
    for (const box of hidden) box.row.hidden = false;
    more.hidden = true;
    hidden[0]?.input.focus();
  }

  /** Show the few values that most of the answer has, and those that are ticked. */
  private fold(key: string, counts: ReadonlyMap<Box, number>): void {
    if (this.opened.has(key) || CLASSES.includes(key)) return;
    const mine = this.boxes.filter((box) => box.key === key);
    // Sorting keeps the order of those that have equally many.
    const ranked = [...mine].sort((a, b) => counts.get(b)! - counts.get(a)!);
    ranked.forEach((box, i) => {
      const hide = i >= FEW && !box.input.checked;
      if (box.row.hidden !== hide) box.row.hidden = hide;
    });
  }
}
