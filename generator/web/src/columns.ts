// The facet index as it comes over the wire, and how it is unpacked. Mirrors deepcat_site/api/search.py.
import type { Kind } from "./postings.ts";

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
  format: 3;
  /** Names which modules there are; files of words bear it, too. */
  stamp: string;
  /** Names parted by spaces, sorted. */
  names: string;
  /** Titles parted by line ends; empty where the name says the same. */
  titles: string;
  facets: PackedFacet[];
  /** How new each module is, roughly: a character each. */
  recent: string;
  /** Into how many files the summaries are dealt, by `shardOf`. */
  shards: number;
  /** Into how many files each kind of words is dealt. */
  files: Record<Kind, number>;
  /** The fields in which words stand, by their numbers. */
  fields: string[];
  /** Words that nobody looks for, parted by spaces. */
  stop: string;
  /** Rows of terms that mean the same; terms are parted by commas. */
  synonyms: string;
}

/** What is fetched when somebody asks for it. */
export interface PackedMore {
  of: string;
  created: string;
  updated: string;
  score: string;
  rows: Record<string, string>;
}

export interface Facet {
  key: string;
  /** Whether its rows are there. */
  known: boolean;
  values: string[];
  /** One set of modules for each value. */
  sets: Uint32Array[];
  /** For each module, its values. */
  of: (module: number) => number[];
}

export interface Columns {
  size: number;
  names: string[];
  /** Empty where the name says the same: `titleAt` gives them. */
  titles: string[];
  facets: Facet[];
  recent: Uint16Array;
  /** By what modules are sorted, once it was fetched; days and places, 0 for none. */
  created: Uint16Array;
  updated: Uint16Array;
  score: Uint16Array;
  complete: boolean;
  shards: number;
  stamp: string;
  files: Record<Kind, number>;
  fields: string[];
  stop: Set<string>;
  synonyms: string;
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

/** A module's title. Few are read of ten thousand, so that those which names suggest are not made beforehand. */
export function titleAt({ names, titles }: Columns, module: number): string {
  return titles[module] || titleOf(names[module]!);
}

function facet(packed: PackedFacet, size: number): Facet {
  const words = (size + 31) >>> 5;
  const sets = packed.values.map(() => new Uint32Array(words));
  const starts = new Uint32Array(size + 1);
  const { rows, width } = packed;
  let module = 0;
  const end = rows.length;
  // Run once, over all modules and before anything is compiled: so nothing is called that need not be.
  for (let at = 0; at < end; ) {
    let code = rows.charCodeAt(at++);
    if (code === 32) {
      starts[++module] = at;
      continue;
    }
    let value = code > SKIPPED ? code - FIRST - 1 : code - FIRST;
    for (let k = 1; k < width; k++) {
      code = rows.charCodeAt(at++);
      value = value * BASE + (code > SKIPPED ? code - FIRST - 1 : code - FIRST);
    }
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
  return { key: packed.key, known: !!rows || !size, values: packed.values, sets, of };
}

export function unpack(packed: Packed): Columns {
  const names = packed.names ? packed.names.split(" ") : [];
  const size = names.length;
  return {
    size,
    names,
    titles: packed.titles.split("\n"),
    facets: packed.facets.map((item) => facet(item, size)),
    recent: numbers(packed.recent, size, 1),
    created: new Uint16Array(size),
    updated: new Uint16Array(size),
    score: new Uint16Array(size),
    complete: false,
    shards: packed.shards,
    stamp: packed.stamp,
    files: packed.files,
    fields: packed.fields,
    stop: new Set(packed.stop.split(" ")),
    synonyms: packed.synonyms,
  };
}

/** Add what was fetched later. */
export function complete(columns: Columns, packed: Packed, more: PackedMore): void {
  if (columns.complete || more.of !== columns.stamp) return;
  columns.created = numbers(more.created, columns.size);
  columns.updated = numbers(more.updated, columns.size);
  columns.score = numbers(more.score, columns.size);
  columns.facets = packed.facets.map((item, i) => more.rows[item.key] === undefined
    ? columns.facets[i]! : facet({ ...item, rows: more.rows[item.key]! }, columns.size));
  columns.complete = true;
}

const utf8 = new TextEncoder();

/** A number below `shards` by a name, FNV-1a: the file that holds a module's summary, or a word. */
export function shardOf(name: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % shards;
}
