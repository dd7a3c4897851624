// Search and facets over the columns: pure, no DOM, no network.
import { add, full, keep, list } from "./bits.ts";
import type { Columns, Facet } from "./columns.ts";
import type { Found } from "./lookup.ts";
import { rank, type Ranked, type Term } from "./rank.ts";
import { fold } from "./words.ts";

export type Sort = "relevance" | "name" | "newest" | "updated" | "metric";
export const SORTS: readonly Sort[] = ["relevance", "name", "newest", "updated", "metric"];

export interface Query {
  text: string;
  /** Facet's key -> values chosen; AND between facets, OR inside one. */
  chosen: Map<string, Set<string>>;
  sort: Sort;
}

export interface Answer {
  /** The best modules, in their order; as many as were asked for. */
  hits: number[];
  /** How many modules are found. */
  found: number;
  /** Facet's key -> for each value, how many modules choosing it would leave; of those facets whose rows are there. */
  counts: Map<string, Uint32Array>;
  /** Words that were not found and what was taken for them. */
  taken: Map<string, string>;
}

// More than any words give.
const WHOLE_NAME = 1000;

export class Engine {
  /** 2 for what runs and is verified, 1 for either, 0 for neither. */
  private readonly rank: Uint8Array;

  constructor(readonly columns: Columns) {
    this.rank = new Uint8Array(columns.size);
    for (const facet of columns.facets) {
      if (facet.key !== "runs" && facet.key !== "verified") continue;
      for (let module = 0; module < columns.size; module++) {
        this.rank[module]! += facet.starts[module + 1]! - facet.starts[module]!;
      }
    }
  }

  /**
   * The modules that a question finds, the best first; without words, all modules.
   *
   * @param asked the words that it means
   * @param most how many modules the answer names
   */
  run(query: Query, asked?: Found, most = Infinity): Answer {
    const { columns } = this;
    const scores = asked?.terms.length ? this.match(query.text, asked.terms) : undefined;
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
    const hits = list(all);
    const counts = new Map<string, Uint32Array>();
    for (const facet of columns.facets) {
      if (!facet.known) continue;
      const others = rest.get(facet.key);
      counts.set(facet.key, countValues(facet, others ? list(others) : hits));
    }
    return { hits: this.order(hits, query, most, scores?.score), found: hits.length, counts, taken: asked?.taken ?? new Map() };
  }

  private union(key: string, chosen: Query["chosen"]): Uint32Array | undefined {
    const values = chosen.get(key);
    if (!values?.size) return undefined;
    const facet = this.columns.facets.find((item) => item.key === key)!;
    const set = new Uint32Array((this.columns.size + 31) >>> 5);
    const wanted = Uint8Array.from(facet.values, (value) => +values.has(value));
    for (let module = 0, at = 0; module < this.columns.size; module++) {
      for (const end = facet.starts[module + 1]!; at < end; at++) if (wanted[facet.codes[at]!]) add(set, module);
    }
    return set;
  }

  private match(text: string, terms: readonly Term[]): Ranked {
    const ranked = rank(terms, this.columns.size);
    const exact = this.columns.names.indexOf(fold(text).trim().replace(/\s+/g, "-"));
    if (exact >= 0) ranked.score[exact]! += WHOLE_NAME;
    return ranked;
  }

  private order(hits: number[], query: Query, most: number, score?: Float32Array): number[] {
    const { columns, rank } = this;
    const by: Record<Sort, (a: number, b: number) => number> = {
      relevance: (a, b) => (score ? score[b]! - score[a]! : 0) || rank[b]! - rank[a]!
        || columns.recent[b]! - columns.recent[a]!,
      name: () => 0,
      newest: (a, b) => columns.created[b]! - columns.created[a]!,
      updated: (a, b) => columns.updated[b]! - columns.updated[a]!,
      metric: (a, b) => columns.score[b]! - columns.score[a]!,
    };
    const compare = by[query.sort];
    return best(hits, most, (a, b) => compare(a, b) || a - b);
  }
}

/** How many of these modules have each value. */
function countValues({ values, starts, codes }: Facet, modules: readonly number[]): Uint32Array {
  const counts = new Uint32Array(values.length);
  for (const module of modules) {
    for (let at = starts[module]!; at < starts[module + 1]!; at++) counts[codes[at]!]! += 1;
  }
  return counts;
}

/** The first few of what would be sorted. A reader sees two dozen of ten thousand: the rest is never put in order. */
export function best<T>(items: readonly T[], most: number, compare: (a: T, b: T) => number): T[] {
  if (most < 1 || most * 8 > items.length) return [...items].sort(compare).slice(0, most);
  const found = items.slice(0, most).sort(compare);
  for (let i = most; i < items.length; i++) {
    const item = items[i]!;
    if (compare(item, found[most - 1]!) >= 0) continue;
    let [low, high] = [0, most - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(item, found[middle]!) < 0) high = middle;
      else low = middle + 1;
    }
    found.copyWithin(low + 1, low, most - 1);
    found[low] = item;
  }
  return found;
}
