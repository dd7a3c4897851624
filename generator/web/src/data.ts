// Fetches the index, words and cards on demand, each once.
import { complete, unpack, type Columns, type Packed, type PackedMore } from "./columns.ts";
import { base } from "./dom.ts";
import { Engine } from "./engine.ts";
import { Lookup, type Found } from "./lookup.ts";
import type { Bucket } from "./postings.ts";

const kept = new Map<string, Promise<unknown>>();

export function load<T>(path: string): Promise<T> {
  let answer = kept.get(path);
  if (!answer) {
    answer = fetch(`${base()}/${path}`).then((response) => {
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return response.json();
    });
    answer.catch(() => kept.delete(path));
    kept.set(path, answer);
  }
  return answer as Promise<T>;
}

let made: Promise<Engine> | undefined;

export function engine(): Promise<Engine> {
  made ??= load<Packed>("search/index.json").then((packed) => new Engine(unpack(packed)));
  made.catch(() => (made = undefined));
  return made;
}

/** Fetch also what few ask for. */
export async function more(columns: Columns): Promise<void> {
  if (columns.complete) return;
  const [packed, rest] = await Promise.all([
    load<Packed>("search/index.json"), load<PackedMore>("search/more.json")]);
  complete(columns, packed, rest);
}

const lookups = new WeakMap<Columns, Lookup>();

/** What a reader's words mean; nothing without words. */
export async function look(text: string, columns: Columns): Promise<Found | undefined> {
  if (!text.trim()) return undefined;
  let lookup = lookups.get(columns);
  if (!lookup) {
    lookup = new Lookup(columns, async (kind, file) => {
      const bucket = await load<Bucket>(`search/${kind}/${file}.json`).catch(() => undefined);
      return bucket?.of === columns.stamp ? bucket : undefined;
    });
    lookups.set(columns, lookup);
  }
  return lookup.find(text);
}
