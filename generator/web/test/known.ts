// Six modules, packed by the generator; a test of the generator holds this file to what it packs.
import { complete, unpack, type Columns, type Packed, type PackedMore } from "../src/columns.ts";
import { Engine, type Answer, type Query } from "../src/engine.ts";
import { Lookup } from "../src/lookup.ts";
import type { Bucket } from "../src/postings.ts";
import known from "./index.json";

export const packed = known.index as Packed;
/** The files of words, by their paths. */
export const files: Record<string, unknown> = known.files;
export const hashes: Record<string, number> = known.hashes;
export const more = known.more as PackedMore;
export const columns: Columns = unpack(packed);
complete(columns, packed, more);
export const engine = new Engine(columns);

export function query(text = "", chosen: Record<string, string[]> = {}, sort: Query["sort"] = "relevance"): Query {
  return { text, sort, chosen: new Map(Object.entries(chosen).map(([key, values]) => [key, new Set(values)])) };
}

export const lookup = new Lookup(columns, async (kind, file) => files[`search/${kind}/${file}.json`] as Bucket);

export async function ask(given: Query): Promise<Answer> {
  return engine.run(given, await lookup.find(given.text));
}

/** The names of what is found, best first. */
export async function found(given: Query): Promise<string[]> {
  return (await ask(given)).hits.map((module) => columns.names[module]!);
}

/** The same where nothing is asked but a choice among the facets. */
export function names(given: Query): string[] {
  return engine.run(given).hits.map((module) => columns.names[module]!);
}
