// Terms that mean the same, as the index brings them. Pure.
import { asked, stem } from "./words.ts";

/** Another way to say what some of the words asked say. */
export interface Other {
  /** Which of the words asked it stands for. */
  instead: number[];
  /** All of its words must be there. */
  words: string[];
}

export class Synonyms {
  /** Rows of terms that are found, each as its words. */
  private readonly rows: string[][][];
  /** Stem of a term's first word -> where the term stands. */
  private readonly starts = new Map<string, { row: number; words: string[] }[]>();

  /** @param text rows of terms parted by commas; those behind a `<` lead to the others, and nothing to them */
  constructor(text: string, stop: ReadonlySet<string>) {
    const sides = text.split("\n").filter(Boolean).map((row) => row.split("<").map((side) => side.split(",")
      .map((term) => asked(term, stop)).filter((words) => words.length)));
    this.rows = sides.map(([terms]) => terms!);
    sides.forEach((row, i) => row.flat().forEach((words) => {
      const first = stem(words[0]!);
      this.starts.set(first, [...this.starts.get(first) ?? [], { row: i, words }]);
    }));
  }

  /** What else might be looked for. */
  of(asked: readonly string[]): Other[] {
    const stems = asked.map(stem);
    const found = new Map<string, Other>();
    asked.forEach((_, at) => {
      for (const { row, words } of this.starts.get(stems[at]!) ?? []) {
        if (!words.every((word, i) => stem(word) === stems[at + i])) continue;
        const instead = words.map((_, i) => at + i);
        for (const other of this.rows[row]!) {
          const key = `${at} ${words.length} ${other.map(stem).join(" ")}`;
          if (!other.every((word, i) => stem(word) === stems[at + i])) found.set(key, { instead, words: other });
        }
      }
    });
    return [...found.values()];
  }
}
