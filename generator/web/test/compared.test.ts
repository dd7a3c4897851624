import "./page.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { best, takesTheSame, table, type Document, type Metric } from "../src/compared.ts";
import { ticked, withTick, withTicked } from "../src/ticked.ts";
import { fileSize, memory, price } from "../src/units.ts";

const metric = (value: number, key = "k", better: Metric["better"] = "higher"): Metric =>
  ({ dataset: "Birds", split: "test", value, better, label: "Accuracy", words: `${value}`, interval: "", key });
const doc = (name: string, more: Partial<Document> = {}): Document => ({
  name, title: name, summary: "", version: "1.0.0", license: "MIT", updated: "", tasks: [], data_types: [], libraries: [],
  gpu_memory_MB: 0, running: 0, size: null, proved: "", prices: [], resources: {}, model: null, samples: [], metrics: [],
  deployments: [], ...more,
});
const cells = (docs: Document[], group: string, label: string): string[] | undefined =>
  table(docs, "EUR").find(({ title }) => title === `compare.${group}`)?.lines.find((line) => line.label === label)?.cells.map((cell) => cell.words);

test("what is ticked stands in the address, and nothing that is no module's name", () => {
  assert.deepEqual(ticked("?q=x&m=a,b,a,<b>,,c"), ["a", "b", "c"]);
  assert.equal(ticked(`?m=${"abcdefgh".split("").join(",")}`).length, 6);
  assert.equal(withTicked("?q=x+y&m=a", ["b", "c"]), "?q=x+y&m=b,c");
  assert.equal(withTicked("?m=a", []), "");
  assert.deepEqual(withTick(["a", "b"], "a", false), ["b"]);
  assert.deepEqual(withTick(["a", "b"], "b", true), ["a", "b"]);
  assert.equal(withTick(["a", "b", "c", "d", "e", "f"], "g", true).length, 6);
});

test("only what was measured alike stands in one line, and that comes first", () => {
  const docs = [doc("a", { metrics: [metric(0.1, "alone"), metric(0.9)] }), doc("b", { metrics: [metric(0.8)] })];
  const lines = table(docs, "EUR").find(({ title }) => title === "compare.measured")!.lines;
  assert.deepEqual(lines.map((line) => line.cells.map((cell) => cell.words)), [["0.9", "0.8"], ["0.1", ""]]);
  assert.deepEqual(lines[0]!.cells.map((cell) => cell.best ?? false), [true, false]);
});

test("the best is the lowest of a loss, and none where nobody says which way or all are equal", () => {
  assert.equal(best([metric(1, "k", "lower"), undefined, metric(2, "k", "lower")]), 1);
  assert.equal(best([metric(1, "k", ""), metric(2, "k", "")]), undefined);
  assert.equal(best([metric(1), metric(1)]), undefined);
  assert.equal(best([metric(1), undefined]), undefined);
});

test("needs, sizes and prices, and a line that says nothing is left out", () => {
  const docs = [
    doc("a", { size: 61_227, model: { signature: {} }, resources: { inference: { cpu: 1, memory_MB: 512 } }, prices: [{ cloud: "north", shape: "s", price_hour: 0.5 }] }),
    doc("b", { gpu_memory_MB: 8192 }),
  ];
  assert.deepEqual(cells(docs, "about", "card.size"), ["61.2 kB", ""]);
  assert.deepEqual(cells(docs, "about", "card.needs"), ["card.cpu, 512 MiB", "card.gpu_of"]);
  assert.deepEqual(cells(docs, "prices", "north"), ["0.50 EUR (s)", "compare.no_room"]);
  assert.equal(cells(docs, "about", "card.proved"), undefined);
  assert.equal(cells(docs, "measured", "Accuracy"), undefined);
});

test("units as the pages write them", () => {
  assert.deepEqual([999, 1000, 440_000_000].map(fileSize), ["999 B", "1 kB", "440 MB"]);
  assert.deepEqual([512, 1536].map(memory), ["512 MiB", "1.5 GiB"]);
  assert.deepEqual([0.5, 0.00123].map((value) => price(value, "EUR")), ["0.50 EUR", "0.00123 EUR"]);
});

test("models take the same where their inputs are alike", () => {
  const of = (inputs: Record<string, unknown>, method = "predict") => ({ method, inputs }) as Parameters<typeof takesTheSame>[0];
  const image = { dtype: "float32", shape: [-1, 8, 8] };
  assert.ok(takesTheSame(of({ x: image }), of({ y: image })));
  assert.ok(!takesTheSame(of({ x: image }), of({ x: { ...image, shape: [-1, 9, 9] } })));
  assert.ok(!takesTheSame(of({ x: image }), of({ x: { ...image, dtype: "uint8" } })));
  assert.ok(!takesTheSame(of({ a: image, b: image }), of({ a: image, c: image })));
  assert.ok(!takesTheSame(of({ x: image }), of({ x: image }, "classify")));
  assert.ok(!takesTheSame(of({}), of({})));
});
