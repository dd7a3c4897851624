import assert from "node:assert/strict";
import { test } from "node:test";
import { add, count, full, has, keep, list } from "../src/bits.ts";

function setOf(size: number, ...items: number[]): Uint32Array {
  const set = new Uint32Array((size + 31) >>> 5);
  for (const item of items) add(set, item);
  return set;
}

test("members come out as they went in, at the edges of words too", () => {
  const items = [0, 1, 30, 31, 32, 63, 64, 99];
  const set = setOf(100, ...items);
  assert.deepEqual(list(set), items);
  assert.equal(count(set), items.length);
  assert.ok(has(set, 31) && has(set, 32) && !has(set, 33));
});

test("a full set has no more than its size", () => {
  for (const size of [0, 1, 31, 32, 33, 64, 100]) {
    assert.equal(count(full(size)), size);
    assert.equal(list(full(size)).at(-1) ?? -1, size - 1);
  }
});

test("what is in both", () => {
  const a = setOf(70, 1, 33, 69);
  const b = setOf(70, 33, 69, 2);
  const both = a.slice();
  keep(both, b);
  assert.deepEqual(list(both), [33, 69]);
});
