import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGE, isPlain, read, toggle, write } from "../src/state.ts";

const KEYS = ["task", "data", "gpu"];

test("what is written is read again", () => {
  for (const address of ["", "?q=iris", "?q=a+b&data=Image&task=A%26B&task=%C3%84&sort=newest&show=48"]) {
    assert.equal(write(read(address, KEYS)), address);
  }
});

test("one state has one address", () => {
  assert.equal(write(read("?task=b&task=a&data=x", KEYS)), write(read("?data=x&task=a&task=b&task=a", KEYS)));
  assert.equal(write(read("?q=+iris+&sort=relevance&show=24", KEYS)), "?q=iris");
});

test("what is not known is left out", () => {
  const state = read("?sort=%3Cscript%3E&show=x&evil=1&task=", KEYS);
  assert.equal(state.sort, "relevance");
  assert.equal(state.shown, PAGE);
  assert.equal(state.chosen.size, 0);
  assert.ok(isPlain(state));
  assert.equal(read("?show=1000000000", KEYS).shown, PAGE);
  assert.equal(read("?show=30", KEYS).shown, 2 * PAGE);
  assert.equal(read(`?q=${"x".repeat(900)}`, KEYS).text.length, 200);
});

test("ticking twice is not ticking, and shows the first page", () => {
  const begin = read("?show=48&task=a", KEYS);
  const ticked = toggle(toggle(begin, "task", "b"), "data", "x");
  assert.deepEqual([...ticked.chosen.get("task")!], ["a", "b"]);
  assert.equal(ticked.shown, PAGE);
  assert.equal(begin.chosen.get("task")!.size, 1);
  assert.equal(write(toggle(toggle(toggle(ticked, "task", "b"), "data", "x"), "task", "a")), "");
});
