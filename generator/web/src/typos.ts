// Words that a misspelt one may stand for. Pure.

/** The number of edits between two words, a swap counting one; `limit + 1` when there are more. */
export function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, before[j - 2]! + 1);
      }
      row.push(value);
      least = Math.min(least, value);
    }
    if (least > limit) return limit + 1;
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** Whether two words begin alike enough to be worth a comparison: two of the first three letters are there. */
function alike(token: string, word: string): boolean {
  const start = word.slice(0, 4);
  return +start.includes(token[0]!) + +start.includes(token[1]!) + +start.includes(token[2]!) > 1;
}

/** The known word nearest to a misspelt one, or nothing; of equally near ones the most usual. */
export function nearest(token: string, known: ReadonlyMap<string, number>): string | undefined {
  const limit = token.length < 4 || !/\p{L}/u.test(token) ? 0 : token.length < 8 ? 1 : 2;
  if (!limit) return undefined;
  let best: string | undefined;
  let least = limit + 1;
  let most = Infinity;
  for (const [word, count] of known) {
    if (word.length < 3 || token.length - word.length > limit || !alike(token, word)) continue;
    const full = distance(token, word, limit);
    const begun = (more: number): number => distance(token, word.slice(0, token.length + more), limit) + 0.5;
    const start = word.length > token.length && full > 0 ? Math.min(begun(0), begun(1)) : full;
    // Few mistake the first letter.
    const edits = Math.min(full, start) + (word[0] === token[0] ? 0 : 0.4);
    if (edits < least || (edits === least && count > most)) [best, least, most] = [word, edits, count];
  }
  return best;
}
