import assert from "node:assert/strict";
import { test } from "node:test";
import { labels, number, share, show, type Shown } from "../src/answer.ts";
import type { Signature, Tensor } from "../src/signature.ts";

/** The only part of the only instance. */
function only(answer: unknown, signature: Signature): Extract<Shown, { kind: "classes" }> {
  const [[part]] = show(answer, signature) as [[Extract<Shown, { kind: "classes" }>], ...Shown[][]];
  return part;
}

function model(outputs: Record<string, Tensor>): Signature {
  return { method: "predict", outputs };
}

test("numbers and shares, short", () => {
  assert.deepEqual([0, 3, -2.5, 1 / 3, 1e-9, 12_345_678.9].map(number), ["0", "3", "-2.5", "0.33333", "1.000e-9", "1.235e+7"]);
  assert.deepEqual([0, 1, 0.5, 0.0001, 7, -1].map(share), ["0.0 %", "100.0 %", "50.0 %", "< 0.1 %", "7", "-1"]);
});

test("classes have their names, best first", () => {
  const signature = model({ probabilities: { description: "of setosa, versicolor and virginica" } });
  const part = only({ predictions: [[0.1, 0.7, 0.2]] }, signature);
  assert.equal(part.kind, "classes");
  assert.deepEqual(part.rows, [["versicolor", 0.7], ["virginica", 0.2], ["setosa", 0.1]]);
});

test("names of classes are taken only where they are as many", () => {
  assert.deepEqual(labels({ description: "of the digits 0 to 9" }, 10), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  assert.equal(labels({ description: "one, two" }, 3), undefined);
  assert.equal(labels(undefined, 3), undefined);
});

test("many classes are cut to the best ten", () => {
  const scores = Array.from({ length: 100 }, (_, i) => i / 4950);
  const part = only({ predictions: [{ scores }] }, model({ scores: {} }));
  assert.equal(part.rows.length, 10);
  assert.equal(part.rows[0]![0], "99");
});

test("a picture by its bytes, pixels by their shape, other bytes by their size", () => {
  const signature = model({ image: {}, other: {} });
  const [parts] = show({ predictions: [{ image: { b64: "iVBORw0KGgo=" }, other: { b64: "AAAA" } }] }, signature);
  assert.deepEqual(parts!.map((part) => part.kind), ["facts", "picture"]);
  const pixels = [[[0, 0, 0], [1, 1, 1]], [[1, 0, 0], [0, 1, 0]]];
  assert.equal(show({ predictions: [{ image: pixels }] }, signature)[0]![0]!.kind, "pixels");
});

test("lines of one length are drawn together", () => {
  const line = [5, 6, 7, 8, 9, 10];
  const [parts] = show({ predictions: [{ low: line, high: line, hours: [1, 2] }] }, model({ low: {}, high: {}, hours: {} }));
  assert.deepEqual(parts!.map((part) => part.kind), ["facts", "series"]);
  const series = parts![1] as { lines: [string, number[]][] };
  assert.deepEqual(series.lines.map(([name]) => name), ["low", "high"]);
});

test("columns are turned into rows", () => {
  const parts = show({ outputs: { a: [1, 2], b: ["x", "y"] } }, model({ a: {}, b: {} }));
  assert.deepEqual(parts, [[{ kind: "facts", rows: [["a", "1"], ["b", "x"]] }], [{ kind: "facts", rows: [["a", "2"], ["b", "y"]] }]]);
  assert.equal(show({ outputs: [1, 2, 3] }, model({ y: {} })).length, 3);
});

test("results of classify and regress", () => {
  assert.deepEqual(show({ results: [2.5] }, model({})), [[{ kind: "facts", rows: [["result", "2.5"]] }]]);
  const part = only({ results: [[["no", 0.2], ["yes", 0.8]]] }, model({}));
  assert.deepEqual(part.rows, [["yes", 0.8], ["no", 0.2]]);
});

test("an answer that is none shows nothing and breaks nothing", () => {
  for (const body of [null, {}, [], "x", { predictions: 3 }, { results: "x" }]) assert.deepEqual(show(body, model({})), []);
  assert.equal(show({ predictions: [null, [], {}] }, model({ y: {} })).length, 3);
});
