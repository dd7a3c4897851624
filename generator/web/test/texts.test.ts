import assert from "node:assert/strict";
import { test } from "node:test";
import { blocksOf, changes } from "../src/texts.ts";
import cases from "./texts.json";

test("two texts differ as the generator says, by block and by word", () => {
  for (const { before, after, shown } of cases) {
    const found = changes(before, after).map((each) => ({ ...each, parts: each.parts.map(({ how, text }) => [how, text]) }));
    assert.deepEqual(found, shown);
  }
});

test("each block is packed once, and a version without a text has none", () => {
  const texts = { blocks: ["a", "b"], of: { "1.0.0": [1, 0, 1], "2.0.0": [] } };
  assert.deepEqual(blocksOf(texts, "1.0.0"), ["b", "a", "b"]);
  assert.deepEqual(blocksOf(texts, "2.0.0"), []);
  assert.equal(blocksOf(texts, "3.0.0"), undefined);
});
