import "./page.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { number, plot, words } from "../src/plots.ts";

test("numbers have few digits, however small or large", () => {
  assert.deepEqual([0, 0.5, 1 / 3, 1e-300, -2.5e300, 123_456, 20].map(number), ["0", "0.5", "0.33333", "1e-300", "-2.5e300", "123,460", "20"]);
  assert.deepEqual([null, "adam", 2].map(words), ["–", "adam", "2"]);
});

test("one value and a flat line are seen, between round heights", () => {
  const drawn = plot("loss", [[[1, 5]], [[0, 2], [3, 2]]], ["a", "b"]);
  assert.equal(drawn.querySelectorAll("circle").length, 2);
  assert.ok(plot("flat", [[[0, 2], [3, 2]]], ["a"]).querySelectorAll(".curve-grid").length > 2);
  assert.equal(drawn.getAttribute("aria-label"), "loss: a 5, b 2");
});
