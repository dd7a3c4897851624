// The facet index as it comes over the wire, and how it is unpacked. Mirrors deepcat_site/api/search.py.
import type { Kind } from "./postings.ts";

/** One facet: its values, and for each module the values it has. */
export interface PackedFacet {
  key: string;
  /** The most usual first; the first few of a facet that is folded up. */
  values: string[];
  /** Characters for each value's number. */
  width: number;
  /** The modules' numbers, one after the other, parted by spaces. */
  rows: string;
}

export interface Packed {
  format: 4;
  /** Names which modules there are; files of words bear it, too. */
  stamp: string;
  /** Names parted by spaces, sorted. */
  names: string;
  /** Words that are in titles and in no name, parted by spaces. */
  also: string;
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
  /** Rows of terms that mean the same, parted by commas; behind a `<` those that only lead to the others. */
  synonyms: string;
}

/** What is fetched when somebody asks for it. */
export interface PackedMore {
  of: string;
  created: string;
  updated: string;
  score: string;
  rows: Record<string, string>;
  /** Of facets with many values, those that the index leaves out. */
  values: Record<string, string[]>;
}

export interface Facet {
  key: string;
  /** Whether its rows are there. */
  known: boolean;
  /** The most usual first; until its rows are there, the first few. */
  values: string[];
  /** Where each module's values begin in `codes`, and where the last one's end. */
  starts: Uint32Array;
  /** The numbers of the modules' values, one module after the other. */
  codes: Uint32Array;
}

export interface Columns {
  size: number;
  names: string[];
  /** Words that are in titles and in no name. */
  also: string;
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

/** What a name suggests as a title: what is shown until the card is there. */
export function titleOf(name: string): string {
  const words = name.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function facet(packed: PackedFacet, size: number): Facet {
  const starts = new Uint32Array(size + 1);
  const { rows, width } = packed;
  const codes = new Uint32Array(Math.ceil(rows.length / width));
  let [module, count] = [0, 0];
  const end = rows.length;
  // Run once, over all modules and before anything is compiled: so nothing is called that need not be.
  for (let at = 0; at < end; ) {
    let code = rows.charCodeAt(at++);
    if (code === 32) {
      starts[++module] = count;
      continue;
    }
    let value = code > SKIPPED ? code - FIRST - 1 : code - FIRST;
    for (let k = 1; k < width; k++) {
      code = rows.charCodeAt(at++);
      value = value * BASE + (code > SKIPPED ? code - FIRST - 1 : code - FIRST);
    }
    codes[count++] = value;
  }
  starts.fill(count, module + 1);
  return { key: packed.key, known: !!rows || !size, values: packed.values, starts, codes };
}

/** A module's values, by their numbers. */
export function valuesOf({ starts, codes }: Facet, module: number): Uint32Array {
  return codes.subarray(starts[module], starts[module + 1]);
}

export function unpack(packed: Packed): Columns {
  const names = packed.names ? packed.names.split(" ") : [];
  const size = names.length;
  return {
    size,
    names,
    also: packed.also,
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
    ? columns.facets[i]! : facet({ ...item, values: [...item.values, ...more.values[item.key] ?? []], rows: more.rows[item.key]! }, columns.size));
  columns.complete = true;
}

const utf8 = new TextEncoder();

/** A number below `shards` by a name, FNV-1a: the file that holds a module's summary, or a word. */
export function shardOf(name: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % shards;
}
