// Versions and npm's ranges of them, as far as a form needs them. Pure.

const NUMBER = "(?:0|[1-9]\\d*)";
const PART = `(?:[xX*]|${NUMBER})`;
const TAIL = "(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?";
const PARTIAL = `v?${PART}(?:\\.${PART}(?:\\.${PART}${TAIL})?)?`;
const SIMPLE = `(?:[<>]=?|[=^~])?${PARTIAL}`;
const ONE = new RegExp(`^(?:${PARTIAL} - ${PARTIAL}|${SIMPLE}(?: ${SIMPLE})*)?$`);

/** Whether a text is a version or a range in npm's syntax. */
export function isRange(text: string): boolean {
  return text.length <= 200 && text.split(" || ").join("||").split("||").every((each) => ONE.test(each.trim()));
}

type Release = [number, number, number];

function release(text: string): Release | undefined {
  const found = /^(\d+)\.(\d+)\.(\d+)$/.exec(text);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : undefined;
}

function compared(a: Release, b: Release): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** Whether one of the plainest ranges takes a release in; nothing for any other, which only npm's own rules can tell. */
export function admits(range: string, version: string): boolean | undefined {
  if (range === "*" || range === version) return true;
  const sign = /^[\^~]/.exec(range)?.[0] ?? "";
  const [low, high] = [release(range.slice(sign.length)), release(version)];
  if (!low || !high) return undefined;
  if (!sign) return compared(low, high) === 0;
  const first = low.findIndex((part) => part !== 0);
  const kept = sign === "~" ? 2 : (first < 0 ? 3 : first + 1);
  return compared(high, low) >= 0 && low.slice(0, kept).every((part, i) => part === high[i]);
}
