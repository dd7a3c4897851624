// Six modules, packed by the generator; a test of the generator holds this file to what it packs.
import { unpack, type Columns, type Packed } from "../src/columns.ts";
import { Engine, type Query } from "../src/engine.ts";
import known from "./index.json";

export const packed = known.index as Packed;
export const bucket = known.words;
export const hashes: Record<string, number> = known.hashes;
export const columns: Columns = unpack(packed);
export const engine = new Engine(columns);

export function query(text = "", chosen: Record<string, string[]> = {}, sort: Query["sort"] = "relevance"): Query {
  return { text, sort, chosen: new Map(Object.entries(chosen).map(([key, values]) => [key, new Set(values)])) };
}

export function found(given: Query): string[] {
  return engine.run(given).hits.map((module) => columns.names[module]!);
}
