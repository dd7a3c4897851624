// What each module scores: BM25F over the words that met, and how much of the question they are. Pure.
import { add } from "./bits.ts";
import type { Places } from "./postings.ts";

/** A word of the index that stands for one asked. */
export interface Match {
  word: string;
  /** 1 for the word itself, less for what it may stand for. */
  factor: number;
  places: Places[];
}

/** A word asked, with all that it may mean. */
export interface Term {
  token: string;
  matches: Match[];
  /** Other ways to say it; all words of one must be there. */
  others: Match[][][];
}

export interface Ranked {
  score: Float32Array;
  /** The modules found, as bits. */
  set: Uint32Array;
}

// How soon more of the same word counts no more.
const K = 4;
const OTHER = 0.6;
// What says less of the question than this share of the best one is left out.
const LEAST = 0.34;

export function idf(found: number, size: number): number {
  return Math.log(1 + (size - found + 0.5) / (found + 0.5));
}

/** What one word gives to each module, before its rarity; `of` is how much of it was met. */
function met(matches: readonly Match[], size: number): { sum: Float32Array; found: number } {
  const sum = new Float32Array(size);
  const weights = new Float32Array(size);
  for (const { factor, places } of matches) {
    for (const { modules, weights: mine } of places) {
      for (let i = 0; i < modules.length; i++) weights[modules[i]!]! += factor * mine[i]!;
    }
  }
  let found = 0;
  for (let i = 0; i < size; i++) {
    const weight = weights[i]!;
    if (!weight) continue;
    found++;
    sum[i] = weight * (K + 1) / (K + weight);
  }
  return { sum, found };
}

function strongest(matches: readonly Match[]): number {
  return matches.reduce((most, { factor }) => Math.max(most, factor), 0);
}

/** Every module's share of one term: its score, and how well it says it, 0 to 1. */
function one(term: Term, size: number): { score: Float32Array; says: Float32Array; worth: number } {
  const own = met(term.matches, size);
  let worth = own.found ? idf(own.found, size) : 0;
  const score = own.sum;
  const says = new Float32Array(size);
  const factor = strongest(term.matches);
  for (let i = 0; i < size; i++) {
    if (score[i]! > 0) says[i] = factor;
    score[i]! *= worth;
  }
  for (const words of term.others) {
    const parts = words.map((matches) => met(matches, size));
    if (parts.some(({ found }) => !found)) continue;
    const rare = Math.max(...parts.map(({ found }) => idf(found, size)));
    if (!own.found) worth = Math.max(worth, OTHER * rare);
    for (let i = 0; i < size; i++) {
      let least = Infinity;
      for (const { sum } of parts) least = Math.min(least, sum[i]!);
      if (!least) continue;
      score[i] = Math.max(score[i]!, OTHER * rare * least);
      says[i] = Math.max(says[i]!, OTHER);
    }
  }
  return { score, says, worth };
}

export function rank(terms: readonly Term[], size: number): Ranked {
  const score = new Float32Array(size);
  const covered = new Float32Array(size);
  let whole = 0;
  for (const term of terms) {
    const mine = one(term, size);
    whole += mine.worth;
    for (let i = 0; i < size; i++) {
      score[i]! += mine.score[i]!;
      covered[i]! += mine.says[i]! * mine.worth;
    }
  }
  const best = covered.reduce((most, value) => Math.max(most, value), 0);
  const set = new Uint32Array((size + 31) >>> 5);
  for (let i = 0; i < size; i++) {
    if (!covered[i] || covered[i]! < LEAST * best) continue;
    add(set, i);
    score[i]! *= 0.5 + 0.5 * covered[i]! / whole;
  }
  return { score, set };
}

/** Where a word that was asked met a module. */
export interface Reason {
  word: string;
  /** The field where it weighs most. */
  field: string;
}

/** Why a module was found: for each word asked, the word of the module that weighs most. */
export function reasons(terms: readonly Term[], module: number, fields: readonly string[]): Reason[] {
  const found = new Map<string, Reason>();
  for (const term of terms) {
    const own = strongestIn(term.matches, module);
    const groups = own ? [[own]] : term.others.map((words) => words.map((matches) => strongestIn(matches, module)));
    const whole = groups.find((group): group is Meeting[] => group.every(Boolean));
    for (const { word, field } of whole ?? []) found.set(word, { word, field: fields[field]! });
  }
  return [...found.values()];
}

/** Where a number stands among rising ones; -1 where it is not. */
function placeOf(numbers: Int32Array, wanted: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const here = numbers[middle]!;
    if (here === wanted) return middle;
    if (here < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

interface Meeting {
  word: string;
  field: number;
  weight: number;
}

function strongestIn(matches: readonly Match[], module: number): Meeting | undefined {
  let best: Meeting | undefined;
  for (const { word, factor, places } of matches) {
    for (const { modules, weights, fields } of places) {
      const at = placeOf(modules, module);
      if (at < 0) continue;
      const weight = factor * weights[at]!;
      const field = typeof fields === "number" ? fields : fields[at]!;
      if (!best || weight > best.weight) best = { word, field, weight };
    }
  }
  return best;
}
