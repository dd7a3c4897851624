// Words that a misspelt one may stand for. Pure.

// The index has no longer words.
const LONGEST = 31;
const TABLE = [0, 1, 2].map(() => new Uint8Array(2 * LONGEST));

/**
 * How many edits lie between a word and each beginning of another, a swap counting one.
 *
 * The answer is overwritten by the next call; nothing, where all are more than the limit.
 */
function edits(a: string, b: string, limit: number): Uint8Array | undefined {
  let [before, last, row] = TABLE as [Uint8Array, Uint8Array, Uint8Array];
  for (let j = 0; j <= b.length; j++) last[j] = j;
  for (let i = 1; i <= a.length; i++) {
    let least = row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, before[j - 2]! + 1);
      }
      row[j] = value;
      least = Math.min(least, value);
    }
    if (least > limit) return undefined;
    [before, last, row] = [last, row, before];
  }
  return last;
}

/** The number of edits between two words, a swap counting one; `limit + 1` when there are more. */
export function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit || Math.max(a.length, b.length) > LONGEST) return limit + 1;
  return Math.min(edits(a, b, limit)?.[b.length] ?? limit + 1, limit + 1);
}

/** Whether two words begin alike enough to be worth a comparison: two of the first three letters are there. */
function alike(token: string, word: string): boolean {
  const start = word.slice(0, 4);
  return +start.includes(token[0]!) + +start.includes(token[1]!) + +start.includes(token[2]!) > 1;
}

/** The known word nearest to a misspelt one, or nothing; of equally near ones the most usual. */
export function nearest(token: string, known: ReadonlyMap<string, number>): string | undefined {
  const { length } = token;
  const limit = length < 4 || length >= LONGEST || !/\p{L}/u.test(token) ? 0 : length < 8 ? 1 : 2;
  if (!limit) return undefined;
  // Short words have many neighbours: the first letter must be right, and of very short ones the whole.
  const [isShort, isWhole] = [length < 6, length < 5];
  let best: string | undefined;
  let least = limit + 1;
  let most = Infinity;
  for (const [word, count] of known) {
    if (word.length < 3 || length - word.length > limit || (isWhole && word.length - length > limit)) continue;
    const sameFirst = word[0] === token[0];
    if ((isShort && !sameFirst) || !alike(token, word)) continue;
    const row = edits(token, word.slice(0, length + limit), limit);
    if (!row) continue;
    const full = word.length <= length + limit ? row[word.length]! : limit + 1;
    const begun = word.length > length && !isWhole ? Math.min(row[length]!, row[length + 1]!) + 0.5 : full;
    // Few mistake the first letter.
    const far = Math.min(full, begun) + (sameFirst ? 0 : 0.4);
    if (far < least || (far === least && count > most)) [best, least, most] = [word, far, count];
  }
  return best;
}

/** The known words that one is put together from, such as `timeseries`; nothing where it is not. */
export function compound(token: string, known: ReadonlyMap<string, number>, most = 3): string[] | undefined {
  if (token.length > 2 * LONGEST) return undefined;
  for (let at = token.length - 3; at >= 3 && most > 1; at--) {
    const first = token.slice(0, at);
    if (!known.has(first)) continue;
    const rest = token.slice(at);
    const others = known.has(rest) ? [rest] : compound(rest, known, most - 1);
    if (others) return [first, ...others];
  }
  return undefined;
}
