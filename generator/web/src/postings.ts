// Words' rows: in which modules a word stands, in which field, and what it weighs. Pure.
// `deepcat_site/api/postings.py` packs them.
import { BASE, digit, shardOf } from "./columns.ts";

export type Kind = "words" | "readme";

/** A file of words. */
export interface Bucket {
  /** The index that it belongs to. */
  of: string;
  words: Record<string, string>;
}

export interface Places {
  modules: Int32Array;
  weights: Float32Array;
  /** Numbers of fields; one for all where there is only one. */
  fields: Uint8Array | number;
}

const LAST = 60;
const MORE = BASE - LAST;
const BEGINNING = 4;
const STEP = 14;
const WEIGHTS = Float32Array.from({ length: BASE }, (_, level) => 2 ** (level / STEP) - 1);

export function fileOf(word: string, files: number): number {
  return shardOf([...word].slice(0, BEGINNING).join(""), files);
}

/** Unpack a row; `field` is that of all its places, where it has no fields of its own. */
export function places(row: string, field?: number): Places {
  const end = row.indexOf(" ");
  const size = field === undefined ? end / 2 : end;
  const modules = new Int32Array(size);
  let module = -1;
  for (let i = 0, at = end + 1; i < size; i++) {
    let step = 0;
    for (let unit = 1; ; unit *= MORE) {
      const value = digit(row.charCodeAt(at++));
      step += value * unit;
      if (value < LAST) break;
    }
    modules[i] = module += step + 1;
  }
  const weights = Float32Array.from({ length: size }, (_, i) => WEIGHTS[digit(row.charCodeAt(i))]!);
  const fields = field ?? Uint8Array.from({ length: size }, (_, i) => digit(row.charCodeAt(size + i)));
  return { modules, weights, fields };
}
