// Fetches the index, summaries and words on demand, each once.
import { shardOf, unpack, type Columns, type Packed } from "./columns.ts";
import { base } from "./dom.ts";
import { Engine, tokens, type Words } from "./engine.ts";

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

/** What a card says beyond the columns. */
export type Summary = [summary: string, version: string];

export async function summaries(names: string[], shards: number): Promise<Map<string, Summary>> {
  const wanted = new Set(names.map((name) => shardOf(name, shards)));
  const buckets = await Promise.all([...wanted].map(
    (shard) => load<Record<string, Summary>>(`search/summaries/${shard}.json`).catch(() => ({})),
  ));
  const found = new Map<string, Summary>();
  for (const bucket of buckets) {
    for (const [name, summary] of Object.entries(bucket)) found.set(name, summary);
  }
  return found;
}

interface Bucket {
  size: number;
  words: Record<string, number[]>;
}

function prefix(token: string): string {
  const start = token.slice(0, 2);
  return /^[a-z0-9]{2}$/.test(start) ? start : "_";
}

const WEIGHT = 1;

/** Looks words of summaries up; words that begin with a token count as well. */
export async function words(text: string, { size, words: buckets }: Columns): Promise<Words> {
  const found = new Map<string, Map<number, number>>();
  await Promise.all(tokens(text).filter((token) => token.length > 2).map(async (token) => {
    const none: Bucket = { size, words: {} };
    const name = prefix(token);
    const bucket = buckets.has(name) ? await load<Bucket>(`search/words/${name}.json`).catch(() => none) : none;
    if (bucket.size !== size) return;
    const mine = new Map<number, number>();
    for (const [word, steps] of Object.entries(bucket.words)) {
      if (!word.startsWith(token)) continue;
      let module = 0;
      for (const step of steps) mine.set(module += step, word === token ? 2 * WEIGHT : WEIGHT);
    }
    found.set(token, mine);
  }));
  return (token) => found.get(token);
}
