// The facet index as it comes over the wire, and how it is unpacked. Mirrors deepcat_site/search.py.

/** One facet: its values, and for each module the values it has. */
export interface PackedFacet {
  key: string;
  values: string[];
  /** Characters for each value's number. */
  width: number;
  /** The modules' numbers, one after the other, parted by spaces. */
  rows: string;
}

export interface Packed {
  format: 1;
  /** Names parted by spaces, sorted. */
  names: string;
  /** Titles parted by line ends; empty where the name says the same. */
  titles: string;
  facets: PackedFacet[];
  /** The day that `created` and `updated` count from, ISO. */
  epoch: string;
  created: string;
  updated: string;
  score: string;
  /** Into how many files the summaries are dealt, by `shardOf`. */
  shards: number;
  /** Prefixes that have a file of words, parted by spaces. */
  words: string;
}

export interface Facet {
  key: string;
  values: string[];
  /** One set of modules for each value. */
  sets: Uint32Array[];
  /** For each module, its values. */
  of: (module: number) => number[];
}

export interface Columns {
  size: number;
  names: string[];
  titles: string[];
  facets: Facet[];
  epoch: number;
  created: Uint16Array;
  updated: Uint16Array;
  score: Uint16Array;
  shards: number;
  words: Set<string>;
}

const FIRST = 35;
const SKIPPED = 92;
export const BASE = 91;

/** The number that one character stands for: `#` is 0, and the backslash is left out. */
export function digit(code: number): number {
  return code > SKIPPED ? code - FIRST - 1 : code - FIRST;
}

export function numbers(text: string, size: number, width = 2): Uint16Array {
  const out = new Uint16Array(size);
  for (let i = 0, at = 0; i < size; i++) {
    let value = 0;
    for (let k = 0; k < width; k++) value = value * BASE + digit(text.charCodeAt(at++));
    out[i] = value;
  }
  return out;
}

export function titleOf(name: string): string {
  const words = name.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function facet(packed: PackedFacet, size: number): Facet {
  const words = (size + 31) >>> 5;
  const sets = packed.values.map(() => new Uint32Array(words));
  const starts = new Uint32Array(size + 1);
  const { rows, width } = packed;
  let module = 0;
  for (let at = 0; at < rows.length; ) {
    if (rows.charCodeAt(at) === 32) {
      starts[++module] = ++at;
      continue;
    }
    let value = 0;
    for (let k = 0; k < width; k++) value = value * BASE + digit(rows.charCodeAt(at++));
    const set = sets[value];
    if (set) set[module >>> 5]! |= 1 << (module & 31);
  }
  starts[size] = rows.length + 1;
  const of = (wanted: number): number[] => {
    const found: number[] = [];
    for (let at = starts[wanted]!; at < starts[wanted + 1]! - 1; ) {
      let value = 0;
      for (let k = 0; k < width; k++) value = value * BASE + digit(rows.charCodeAt(at++));
      found.push(value);
    }
    return found;
  };
  return { key: packed.key, values: packed.values, sets, of };
}

export function unpack(packed: Packed): Columns {
  const names = packed.names ? packed.names.split(" ") : [];
  const size = names.length;
  const titles = packed.titles.split("\n");
  return {
    size,
    names,
    titles: names.map((name, i) => titles[i] || titleOf(name)),
    facets: packed.facets.map((item) => facet(item, size)),
    epoch: Date.parse(packed.epoch),
    created: numbers(packed.created, size),
    updated: numbers(packed.updated, size),
    score: numbers(packed.score, size),
    shards: packed.shards,
    words: new Set(packed.words.split(" ")),
  };
}

export function day(columns: Columns, days: number): string {
  return days ? new Date(columns.epoch + (days - 1) * 86_400_000).toISOString().slice(0, 10) : "";
}

/** The file that holds a module's summary: FNV-1a of its name. */
export function shardOf(name: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % shards;
}
