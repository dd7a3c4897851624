// Why a module was found: which of the words asked met where. Text stays text.
import { h } from "./dom.ts";
import { say } from "./i18n.ts";
import type { Reason } from "./rank.ts";
import { fold } from "./words.ts";

// What a card shows of itself; there the words are marked where they stand.
const SEEN = new Set(["title", "name", "summary"]);

/** The parts of a text, of which every second one is among the words. */
export function parts(text: string, words: ReadonlySet<string>): string[] {
  const found = [""];
  let at = 0;
  const pairs = [...words].filter((word) => word > "\x7f" && [...word].length <= 2);
  const mark = (from: number, to: number): void => {
    if (from < at) {
      // Pairs of letters overlap.
      found[found.length - 2] += text.slice(at, to);
    } else if (from === at && found.length > 1) {
      found[found.length - 2] += text.slice(from, to);
    } else {
      found[found.length - 1] += text.slice(at, from);
      found.push(text.slice(from, to), "");
    }
    at = Math.max(at, to);
  };
  for (const run of text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
    const end = run.index + run[0].length;
    if (words.has(fold(run[0]))) mark(run.index, end);
    else {
      for (let i = run.index; i < end; i++) {
        const pair = pairs.find((word) => text.startsWith(word, i));
        if (pair) mark(i, i + pair.length);
      }
    }
  }
  found[found.length - 1] += text.slice(at);
  return found;
}

function write(element: Element, words: ReadonlySet<string>): void {
  const text = element.textContent ?? "";
  const found = parts(text, words);
  if (found.length === 1 && !element.querySelector("mark")) return;
  element.replaceChildren(...found.map((part, i) => i % 2 ? h("mark", {}, part) : part));
}

/** Mark the words where a card shows them, and say where else they stand. */
export function explain(card: Element, reasons: readonly Reason[]): void {
  const words = new Set(reasons.map(({ word }) => word));
  for (const element of card.querySelectorAll("h3 a, .mono-name, .card-text")) write(element, words);
  const line = elsewhere(reasons);
  const before = card.querySelector(".card-why");
  if (!line.length) before?.remove();
  else if (before) before.replaceChildren(...line);
  else card.querySelector(".card-text")?.after(h("p", { class: "card-why", dir: "auto" }, ...line));
}

/** Which words stand where a card does not show them. */
export function elsewhere(reasons: readonly Reason[]): (Node | string)[] {
  const others = new Map<string, Set<string>>();
  for (const { field, word } of reasons) {
    if (SEEN.has(field)) continue;
    const place = say(`why.${field}`);
    others.set(place, (others.get(place) ?? new Set()).add(word));
  }
  return [...others].flatMap(([place, words], i) => [
    i ? " · " : "", `${place} `, ...[...words].flatMap((word, k) => [k ? ", " : "", h("mark", {}, word)])]);
}
