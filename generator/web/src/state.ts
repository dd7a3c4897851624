// The catalogue's state and the address that carries it. Pure.
import { SORTS, type Query, type Sort } from "./engine.ts";

export const PAGE = 24;

export interface State extends Query {
  /** Cards shown. */
  shown: number;
}

export function read(search: string, keys: readonly string[]): State {
  const given = new URLSearchParams(search);
  const chosen = new Map<string, Set<string>>();
  for (const key of keys) {
    const values = given.getAll(key).filter(Boolean);
    if (values.length) chosen.set(key, new Set(values));
  }
  const sort = given.get("sort") as Sort;
  const shown = Number(given.get("show"));
  return {
    text: (given.get("q") ?? "").slice(0, 200),
    chosen,
    sort: SORTS.includes(sort) ? sort : "relevance",
    shown: shown > PAGE && shown < 5000 ? Math.ceil(shown / PAGE) * PAGE : PAGE,
  };
}

// What else an address may say: by us, and by those who count where readers come from.
const OTHERS = ["q", "sort", "show", "compare", "m"];
const TRACKS = /^(utm_|fbclid$|gclid$|ref$)/;

/** Filters that the address names and nobody knows. */
export function unknown(search: string, keys: readonly string[]): string[] {
  return [...new Set(new URLSearchParams(search).keys())]
    .filter((key) => !keys.includes(key) && !OTHERS.includes(key) && !TRACKS.test(key));
}

export function write(state: State): string {
  const given = new URLSearchParams();
  if (state.text.trim()) given.set("q", state.text.trim());
  for (const key of [...state.chosen.keys()].sort()) {
    for (const value of [...state.chosen.get(key)!].sort()) given.append(key, value);
  }
  if (state.sort !== "relevance") given.set("sort", state.sort);
  if (state.shown !== PAGE) given.set("show", String(state.shown));
  const search = given.toString();
  return search ? `?${search}` : "";
}

export function toggle(state: State, key: string, value: string): State {
  const chosen = new Map(state.chosen);
  const values = new Set(chosen.get(key));
  if (!values.delete(value)) values.add(value);
  if (values.size) chosen.set(key, values);
  else chosen.delete(key);
  return { ...state, chosen, shown: PAGE };
}

export function isPlain(state: State): boolean {
  return write(state) === "";
}
