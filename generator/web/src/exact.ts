// JSON whose numbers keep their point. In an example, TensorFlow Serving takes `1` for an integer
// and `1.0` for a float, and JavaScript makes one of both. Pure.

/** A number that was written with a point or an exponent. */
export class Float {
  constructor(readonly value: number) {}

  toString(): string {
    return Number.isInteger(this.value) && Math.abs(this.value) < 1e21 ? this.value.toFixed(1) : String(this.value);
  }
}

// Stands before a float while it is carried as text.
const MARK = "\0f";
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARKED = /"\\u0000f(-?[\d.]+(?:e[+-]?\d+)?)"/g;

/** As `JSON.parse`, with each float as a `Float`. */
export function parse(text: string): unknown {
  JSON.parse(text); // what is wrong is said of the text as it was given
  const marked = text.replace(TOKEN, (token) => /^-?\d/.test(token) && /[.eE]/.test(token) ? `"\\u0000f${token}"` : token);
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? new Float(Number(value.slice(MARK.length))) : value);
}

export function stringify(value: unknown): string {
  const marked = JSON.stringify(value, (_, item: unknown) => item instanceof Float ? `${MARK}${item}` : item);
  return marked.replace(MARKED, "$1");
}
