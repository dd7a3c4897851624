// Search and facets over the columns: pure, no DOM, no network.
import { countBoth, full, join, keep, list } from "./bits.ts";
import type { Columns } from "./columns.ts";
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
  /** Modules, best first. */
  hits: number[];
  /** Facet's key -> for each value, how many modules choosing it would leave. */
  counts: Map<string, number[]>;
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
      // Where nothing runs or is verified, the facet has no value.
      for (const set of facet.sets) for (const module of list(set)) this.rank[module]! += 1;
    }
  }

  /** The modules that a question finds, given the words that it means; without any, all modules. */
  run(query: Query, asked?: Found): Answer {
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
    const counts = new Map(columns.facets.map((facet) => [
      facet.key, facet.sets.map((set) => countBoth(set, rest.get(facet.key) ?? all)),
    ]));
    return { hits: this.order(list(all), query, scores?.score), counts, taken: asked?.taken ?? new Map() };
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

  private match(text: string, terms: readonly Term[]): Ranked {
    const ranked = rank(terms, this.columns.size);
    const exact = this.columns.names.indexOf(fold(text).trim().replace(/\s+/g, "-"));
    if (exact >= 0) ranked.score[exact]! += WHOLE_NAME;
    return ranked;
  }

  private order(hits: number[], query: Query, score?: Float32Array): number[] {
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
    return hits.sort((a, b) => compare(a, b) || a - b);
  }
}
