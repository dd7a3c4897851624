import assert from "node:assert/strict";
import { test } from "node:test";
import { axes, isLogarithmic, ordered, share, sides, span, ticks, trials, type Listed } from "../src/plotted.ts";

const all: Listed = {
  id: ["a", "b", "c"], state: ["ended", "ended", "failed"], began: ["", "", ""], seconds: [1, 2, null],
  metrics: { loss: [0.5, 0.25, null], accuracy: [0.8, 0.9, 0.7] },
  inputs: { lr: ["0.1", "0.01", "0.1"], epochs: ["3", "3", "3"], kind: ["plain", null, "odd"] },
};

test("ticks are round, few and between the ends", () => {
  assert.deepEqual(ticks([0, 1]), [0, 0.25, 0.5, 0.75, 1]);
  assert.deepEqual(ticks([2, 2]), [2]);
  for (const ends of [[0.1, 0.9], [-3, 17], [1e5, 1.2e5]] as [number, number][]) {
    const found = ticks(ends);
    assert.ok(found.length >= 2 && found.length <= 5 && found[0]! >= ends[0] && found.at(-1)! <= ends[1]);
  }
});

test("heights are logarithms where values span much", () => {
  assert.ok(isLogarithmic([0.001, 1]) && !isLogarithmic([0, 1]) && !isLogarithmic([0.1, 1]));
  assert.deepEqual(ticks([0.002, 10], true).map((each) => each.toPrecision(3)), ["0.0100", "0.100", "1.00", "10.0"]);
});

test("a value without a range lies in the middle", () => {
  assert.equal(share(3, [3, 3]), 0.5);
  assert.equal(share(3, [2, 4]), 0.5);
});

test("a picture of one value has room above and below", () => {
  assert.deepEqual(span([2, 2]), [1.8, 2.2]);
  assert.deepEqual(span([0]), [-1, 1]);
  assert.deepEqual(span([-10]), [-11, -9]);
  assert.deepEqual(span([1, 3]), [1, 3]);
  assert.deepEqual(span([1], true), [0.1, 10]);
});

test("what differs comes first", () => {
  const { inputs, metrics } = sides(all, ["a", "b"]);
  assert.deepEqual(inputs.map(({ name, differs }) => [name, differs]), [["lr", true], ["kind", true], ["epochs", false]]);
  assert.deepEqual(metrics[0], { name: "loss", values: [0.5, 0.25], differs: true });
  assert.deepEqual(sides(all, ["a", "gone"]).inputs[0]!.values, ["0.1", null]);
});

test("rows are sorted by numbers, and those without one are last", () => {
  assert.deepEqual(ordered(all, "loss", "metrics", true), [0, 1, 2]);
  assert.deepEqual(ordered(all, "loss", "metrics", false), [1, 0, 2]);
  assert.deepEqual(ordered(all, "lr", "inputs", true), [0, 2, 1]);
  assert.deepEqual(ordered(all, "nobody", "metrics", true), [0, 1, 2]);
});

test("trainings of a sweep are the best first", () => {
  const swept = { ...all, sweep: ["x", "x", ""] };
  assert.deepEqual(trials(swept, "x", "loss", false), [1, 0]);
  assert.deepEqual(trials(swept, "x", "accuracy", true), [1, 0]);
  assert.deepEqual(trials(all, "x", "loss", true), []);
});

test("axes are the numbers that differ", () => {
  assert.deepEqual(axes(all, ["a", "b", "c"]).map(({ name, ends }) => [name, ends]),
    [["lr", [0.01, 0.1]], ["loss", [0.25, 0.5]], ["accuracy", [0.7, 0.9]]]);
});
