// What two texts differ in, as people read it: by block, and by word where a block changed. Pure.
// `deepcat_site/views/texts.py` gives the same.

export interface Part {
  how: "same" | "gone" | "new";
  text: string;
}

export interface Change {
  /** `same` is a block beside a change, `skipped` stands for those that are left out. */
  how: "same" | "gone" | "new" | "changed" | "skipped";
  parts: Part[];
  /** How many blocks it stands for. */
  number: number;
}

/** The texts of all versions: each block once, and for each version the numbers of its blocks. */
export interface Texts {
  blocks: string[];
  of: Record<string, number[]>;
}

interface Run {
  same: string[];
  gone: string[];
  fresh: string[];
}

// Pairs that are compared at most, of blocks or of words; beyond, the whole counts as changed.
const MOST = 250_000;
// Two blocks that share so much of their words are one block that changed.
const ALIKE = 0.5;
// A word with the blanks before it; of scripts without blanks, a letter.
const LETTER = "\\u3005-\\u3007\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff";
const WORD = new RegExp(`[ \\t\\n]*(?:[${LETTER}]|[^ \\t\\n${LETTER}]+)`, "gu");

/** A version's blocks; nothing where its text is not there. */
export function blocksOf(texts: Texts, version: string): string[] | undefined {
  return texts.of[version]?.map((at) => texts.blocks[at]!);
}

/** What is shown of two texts' differences, given their blocks; nothing where there are none. */
export function changes(before: string[], after: string[]): Change[] {
  const rows = runs(before, after).flatMap(({ same, gone, fresh }): Change[] => [
    ...same.map((text) => whole("same", text)), ...changed(gone, fresh)]);
  const shown: Change[] = [];
  rows.forEach((row, i) => {
    const last = shown.at(-1);
    if (rows.slice(Math.max(i - 1, 0), i + 2).some(({ how }) => how !== "same")) shown.push(row);
    else if (last?.how === "skipped") last.number++;
    else shown.push({ how: "skipped", parts: [], number: 1 });
  });
  return shown.some(({ how }) => how !== "skipped") ? shown : [];
}

function whole(how: Part["how"], text: string): Change {
  return { how, parts: [{ how, text }], number: 1 };
}

/** Blocks that stand for each other in their order, where they are alike. */
function changed(gone: string[], fresh: string[]): Change[] {
  const found: Change[] = [];
  for (let i = 0; i < Math.max(gone.length, fresh.length); i++) {
    const [old, young] = [gone[i], fresh[i]];
    const mine = old && young ? parts(old, young) : [];
    if (mine.length) {
      found.push({ how: "changed", parts: mine, number: 1 });
      continue;
    }
    if (old) found.push(whole("gone", old));
    if (young) found.push(whole("new", young));
  }
  return found;
}

/** A block's pieces; none where the two share too little. */
function parts(old: string, young: string): Part[] {
  const [before, after] = [old.match(WORD) ?? [], young.match(WORD) ?? []];
  const all = runs(before, after);
  const kept = all.reduce((sum, { same }) => sum + same.length, 0);
  if (2 * kept < ALIKE * (before.length + after.length)) return [];
  return all.flatMap(({ same, gone, fresh }): Part[] => [
    { how: "same", text: same.join("") }, { how: "gone", text: gone.join("") }, { how: "new", text: fresh.join("") },
  ]).filter(({ text }) => text);
}

/** What both have, then what only the first and only the second have, over and over. */
function runs(before: string[], after: string[]): Run[] {
  const found: Run[] = [];
  let [at, to] = [0, 0];
  let same: string[] = [];
  for (const [i, k] of [...common(before, after), [before.length, after.length] as const]) {
    if (i > at || k > to) {
      found.push({ same, gone: before.slice(at, i), fresh: after.slice(to, k) });
      same = [];
    }
    if (i < before.length) same.push(before[i]!);
    [at, to] = [i + 1, k + 1];
  }
  if (same.length) found.push({ same, gone: [], fresh: [] });
  return found;
}

type Pair = readonly [number, number];

/** Where the longest sequence that both have stands in each. */
function common(before: string[], after: string[]): Pair[] {
  const least = Math.min(before.length, after.length);
  let start = 0;
  while (start < least && before[start] === after[start]) start++;
  let end = 0;
  while (end < least - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const found: Pair[] = Array.from({ length: start }, (_, i) => [i, i] as const);
  const one = before.slice(start, before.length - end);
  const two = after.slice(start, after.length - end);
  if (one.length * two.length <= MOST) found.push(...longest(one, two).map(([i, k]) => [start + i, start + k] as const));
  for (let i = end; i > 0; i--) found.push([before.length - i, after.length - i]);
  return found;
}

function longest(one: string[], two: string[]): Pair[] {
  const width = two.length + 1;
  const table = new Uint32Array((one.length + 1) * width);
  for (let i = one.length - 1; i >= 0; i--) {
    for (let k = two.length - 1; k >= 0; k--) {
      table[i * width + k] = one[i] === two[k] ? table[(i + 1) * width + k + 1]! + 1
        : Math.max(table[(i + 1) * width + k]!, table[i * width + k + 1]!);
    }
  }
  const found: Pair[] = [];
  for (let i = 0, k = 0; i < one.length && k < two.length;) {
    if (one[i] === two[k]) found.push([i++, k++]);
    else if (table[(i + 1) * width + k]! >= table[i * width + k + 1]!) i++;
    else k++;
  }
  return found;
}
