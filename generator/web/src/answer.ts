// From a model's answer to what is shown of it. Pure.
import type { Signature, Tensor } from "./signature.ts";

export type Shown =
  | { kind: "classes"; title: string; rows: [label: string, score: number][] }
  | { kind: "picture"; title: string; base64: string; type: string }
  | { kind: "pixels"; title: string; rows: number[][][] }
  | { kind: "series"; title: string; lines: [name: string, values: number[]][] }
  | { kind: "facts"; rows: [name: string, value: string][] };

const MAGIC: [start: string, type: string][] = [
  ["iVBOR", "image/png"], ["/9j/", "image/jpeg"], ["R0lGOD", "image/gif"], ["UklGR", "image/webp"], ["Qk", "image/bmp"],
];
const SCORES = /prob|score|softmax|confidence|likelihood/i;
const TOP = 10;

export function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(5)));
}

/** A score between 0 and 1 as a share. */
export function share(value: number): string {
  if (value < 0 || value > 1) return number(value);
  const percent = value * 100;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  return `${percent.toFixed(1)} %`;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "number");
}

function isPixels(value: unknown): value is number[][][] {
  return Array.isArray(value) && Array.isArray(value[0]) && isNumbers(value[0][0])
    && [1, 3, 4].includes(value[0][0].length) && value.length > 1 && value[0].length > 1;
}

/** Names of classes as a tensor's description lists them, if it lists so many. */
export function labels(tensor: Tensor | undefined, count: number): string[] | undefined {
  const text = tensor?.description ?? "";
  const range = /(-?\d+) (?:to|–|-) (-?\d+)/.exec(text);
  if (range && Number(range[2]) - Number(range[1]) + 1 === count) {
    return Array.from({ length: count }, (_, i) => String(Number(range[1]) + i));
  }
  const names = text.replace(/^(of|for|as)\s+/i, "").replace(/\.$/, "").split(/,\s*(?:and\s+)?|\s+and\s+/);
  return names.length === count && count > 1 ? names.map((name) => name.trim()) : undefined;
}

function classes(title: string, scores: number[], names?: string[]): Shown {
  const rows = scores.map((score, i): [string, number] => [names?.[i] ?? String(i), score]);
  rows.sort((a, b) => b[1] - a[1]);
  return { kind: "classes", title, rows: rows.slice(0, TOP) };
}

/** One output of one instance. */
function one(name: string, value: unknown, tensor: Tensor | undefined, facts: [string, string][]): Shown | undefined {
  if (typeof value === "object" && value && "b64" in value) {
    const base64 = String(value.b64);
    const type = MAGIC.find(([start]) => base64.startsWith(start))?.[1];
    if (type) return { kind: "picture", title: name, base64, type };
    facts.push([name, `${Math.round(base64.length * 0.75)} B`]);
    return undefined;
  }
  if (isNumbers(value) && value.length > 1) {
    const total = value.reduce((a, b) => a + b, 0);
    const shares = value.every((item) => item >= 0 && item <= 1) && (SCORES.test(name) || Math.abs(total - 1) < 0.02);
    if (shares) return classes(name, value, labels(tensor, value.length));
    if (value.length > 5) return { kind: "series", title: name, lines: [[name, value]] };
  }
  if (isPixels(value)) return { kind: "pixels", title: name, rows: value };
  const words = typeof value === "number" ? number(value) : typeof value === "string" ? value : JSON.stringify(value);
  facts.push([name, words ?? ""]);
  return undefined;
}

/** Lines of one length belong into one picture. */
function joined(parts: Shown[]): Shown[] {
  const series = parts.filter((part) => part.kind === "series");
  const length = series[0]?.lines[0]?.[1].length;
  if (series.length < 2 || !series.every((part) => part.lines[0]?.[1].length === length)) return parts;
  const lines = series.flatMap((part) => part.lines);
  const chart: Shown = { kind: "series", title: lines.map(([name]) => name).join(", "), lines };
  return [...parts.filter((part) => part.kind !== "series"), chart];
}

function fromRow(row: unknown, outputs: Record<string, Tensor>): Shown[] {
  const names = Object.keys(outputs);
  const isNamed = typeof row === "object" && row !== null && !Array.isArray(row) && !("b64" in row);
  const named = isNamed ? row as Record<string, unknown> : { [names[0] ?? "output"]: row };
  const facts: [string, string][] = [];
  const parts = Object.entries(named)
    .map(([name, value]) => one(name, value, outputs[name], facts))
    .filter((part) => part !== undefined);
  return [...(facts.length ? [{ kind: "facts", rows: facts } as Shown] : []), ...joined(parts)];
}

function fromResult(result: unknown): Shown[] {
  if (typeof result === "number") return [{ kind: "facts", rows: [["result", number(result)]] }];
  if (Array.isArray(result) && result.every((row) => Array.isArray(row) && row.length === 2)) {
    const rows = result.map(([label, score], i): [string, number] => [String(label) || String(i), Number(score)]);
    rows.sort((a, b) => b[1] - a[1]);
    return [{ kind: "classes", title: "", rows: rows.slice(0, TOP) }];
  }
  return [{ kind: "facts", rows: [["result", JSON.stringify(result)]] }];
}

/** What to show of an answer: a part for each instance. */
export function show(answer: unknown, signature: Signature): Shown[][] {
  const outputs = signature.outputs ?? {};
  const body = answer as { predictions?: unknown; outputs?: unknown; results?: unknown[]; result?: { classifications?: unknown } };
  if (Array.isArray(body?.predictions)) return body.predictions.map((row) => fromRow(row, outputs));
  if (body?.outputs !== undefined) return columns(body.outputs, outputs);
  if (Array.isArray(body?.results)) return body.results.map(fromResult);
  return [];
}

/** Column format: the same, turned into rows. */
function columns(given: unknown, outputs: Record<string, Tensor>): Shown[][] {
  const named = typeof given === "object" && given !== null && !Array.isArray(given)
    ? given as Record<string, unknown[]> : { [Object.keys(outputs)[0] ?? "output"]: given as unknown[] };
  const count = Math.max(0, ...Object.values(named).map((column) => Array.isArray(column) ? column.length : 1));
  return Array.from({ length: count }, (_, i) =>
    fromRow(Object.fromEntries(Object.entries(named).map(([name, column]) => [name, Array.isArray(column) ? column[i] : column])), outputs));
}
