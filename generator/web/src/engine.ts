// Search and facets over the columns: pure, no DOM, no network.
import { add, count, countBoth, full, join, keep, list } from "./bits.ts";
import type { Columns } from "./columns.ts";

export type Sort = "relevance" | "name" | "newest" | "updated" | "metric";
export const SORTS: readonly Sort[] = ["relevance", "name", "newest", "updated", "metric"];

export interface Query {
  text: string;
  /** Facet's key -> values chosen; AND between facets, OR inside one. */
  chosen: Map<string, Set<string>>;
  sort: Sort;
}

export interface Answer {
  /** Modules, best first. */
  hits: number[];
  /** Facet's key -> for each value, how many modules choosing it would leave. */
  counts: Map<string, number[]>;
  /** Words that were not found and what was taken for them. */
  taken: Map<string, string>;
}

/** Modules by word of their summaries; given by whoever fetched it. */
export type Words = (token: string) => ReadonlyMap<number, number> | undefined;

export function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

export function tokens(text: string): string[] {
  return [...new Set(fold(text).match(/[\p{L}\p{N}]+/gu) ?? [])].slice(0, 8);
}

/** The number of edits between two words, a swap counting one; `limit + 1` when there are more. */
export function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, before[j - 2]! + 1);
      }
      row.push(value);
      least = Math.min(least, value);
    }
    if (least > limit) return limit + 1;
    before = last;
    last = row;
  }
  return last[b.length]!;
}

const FIELDS: Record<string, number> = { task: 5, tag: 5, library: 4, data: 4, category: 3 };

export class Engine {
  private readonly text: string;
  private readonly starts: Uint32Array;
  /** 2 for what runs and is verified, 1 for either, 0 for neither. */
  private readonly rank: Uint8Array;
  private vocabulary: string[] | undefined;

  constructor(readonly columns: Columns) {
    const parts: string[] = [];
    this.starts = new Uint32Array(columns.size + 1);
    let length = 0;
    for (let i = 0; i < columns.size; i++) {
      this.starts[i] = length;
      const part = ` ${columns.names[i]} ${fold(columns.titles[i]!)}\n`;
      parts.push(part);
      length += part.length;
    }
    this.starts[columns.size] = length;
    this.text = parts.join("");
    this.rank = new Uint8Array(columns.size);
    for (const facet of columns.facets) {
      if (facet.key !== "runs" && facet.key !== "verified") continue;
      // Where nothing runs or is verified, the facet has no value.
      for (const set of facet.sets) for (const module of list(set)) this.rank[module]! += 1;
    }
  }

  run(query: Query, words?: Words): Answer {
    const { columns } = this;
    const taken = new Map<string, string>();
    const scores = this.match(query.text, words, taken);
    const found = scores ? scores.set : full(columns.size);
    const chosen = columns.facets.map((facet) => this.union(facet.key, query.chosen));
    const rest = new Map<string, Uint32Array>();
    const all = found.slice();
    for (const set of chosen) if (set) keep(all, set);
    columns.facets.forEach((facet, i) => {
      if (!chosen[i]) return;
      const others = found.slice();
      chosen.forEach((set, k) => k !== i && set && keep(others, set));
      rest.set(facet.key, others);
    });
    const counts = new Map(columns.facets.map((facet) => [
      facet.key, facet.sets.map((set) => countBoth(set, rest.get(facet.key) ?? all)),
    ]));
    return { hits: this.order(list(all), query, scores?.score), counts, taken };
  }

  private union(key: string, chosen: Query["chosen"]): Uint32Array | undefined {
    const values = chosen.get(key);
    if (!values?.size) return undefined;
    const facet = this.columns.facets.find((item) => item.key === key)!;
    const set = new Uint32Array((this.columns.size + 31) >>> 5);
    for (const value of values) {
      const at = facet.values.indexOf(value);
      if (at >= 0) join(set, facet.sets[at]!);
    }
    return set;
  }

  private match(text: string, words: Words | undefined, taken: Map<string, string>) {
    const asked = tokens(text);
    if (!asked.length) return undefined;
    const score = new Float32Array(this.columns.size);
    const set = full(this.columns.size);
    for (const token of asked) {
      let mine = this.one(token, score, words);
      if (!count(mine)) {
        const near = this.nearest(token);
        if (near) {
          taken.set(token, near);
          mine = this.one(near, score, words);
        }
      }
      keep(set, mine);
    }
    const name = fold(text).trim().replace(/\s+/g, "-");
    const exact = this.columns.names.indexOf(name);
    if (exact >= 0) score[exact]! += 100;
    return { set, score };
  }

  private one(token: string, score: Float32Array, words?: Words): Uint32Array {
    const set = new Uint32Array((this.columns.size + 31) >>> 5);
    let module = 0;
    for (let at = this.text.indexOf(token); at >= 0; at = this.text.indexOf(token, at)) {
      while (this.starts[module + 1]! <= at) module++;
      const before = this.text.charCodeAt(at - 1);
      const after = this.text.charCodeAt(at + token.length);
      const begins = before === 32 || before === 45;
      const ends = after === 32 || after === 45 || after === 10;
      if (begins || token.length > 2) {
        score[module]! += begins ? (ends ? 12 : 8) : 2;
        add(set, module);
      }
      at = begins ? this.starts[module + 1]! : at + 1;
    }
    this.inFacets(token, set, score);
    words?.(token)?.forEach((weight, item) => {
      add(set, item);
      score[item]! += weight;
    });
    return set;
  }

  private inFacets(token: string, set: Uint32Array, score: Float32Array): void {
    for (const facet of this.columns.facets) {
      const weight = FIELDS[facet.key];
      if (!weight) continue;
      facet.values.forEach((value, i) => {
        const text = fold(value);
        const at = text.indexOf(token);
        const begins = at === 0 || (at > 0 && !/[\p{L}\p{N}]/u.test(text[at - 1]!));
        if (!begins) return;
        join(set, facet.sets[i]!);
        for (const module of list(facet.sets[i]!)) score[module]! += weight;
      });
    }
  }

  /** The known word nearest to a misspelt one, or nothing. */
  private nearest(token: string): string | undefined {
    const limit = token.length < 4 ? 0 : token.length < 8 ? 1 : 2;
    if (!limit) return undefined;
    this.vocabulary ??= [...new Set([
      ...(this.text.match(/[\p{L}\p{N}]+/gu) ?? []),
      ...this.columns.facets.filter((facet) => FIELDS[facet.key])
        .flatMap((facet) => facet.values.flatMap((value) => tokens(value))),
    ])];
    let best: string | undefined;
    let least = limit + 1;
    for (const word of this.vocabulary) {
      const full = distance(token, word, limit);
      const start = word.length > token.length
        ? distance(token, word.slice(0, token.length), limit) + 0.5 : full;
      const edits = Math.min(full, start);
      if (edits < least) [best, least] = [word, edits];
    }
    return best;
  }

  private order(hits: number[], query: Query, score?: Float32Array): number[] {
    const { columns, rank } = this;
    const by: Record<Sort, (a: number, b: number) => number> = {
      relevance: (a, b) => (score ? score[b]! - score[a]! : 0) || rank[b]! - rank[a]!
        || columns.updated[b]! - columns.updated[a]!,
      name: () => 0,
      newest: (a, b) => columns.created[b]! - columns.created[a]!,
      updated: (a, b) => columns.updated[b]! - columns.updated[a]!,
      metric: (a, b) => columns.score[b]! - columns.score[a]!,
    };
    const compare = by[query.sort];
    return hits.sort((a, b) => compare(a, b) || a - b);
  }
}
