import assert from "node:assert/strict";
import { test } from "node:test";
import { EVERY_MS, MOST_MS, Polling } from "../src/polling.ts";

test("a page asks again while something changes, and ten minutes more", () => {
  const polling = new Polling(0);
  assert.ok(polling.isNew("a"));
  assert.equal(polling.after(200, "a", 1), EVERY_MS);
  assert.ok(!polling.isNew("a"));
  assert.equal(polling.after(200, "a", MOST_MS), EVERY_MS);
  assert.equal(polling.after(200, "b", MOST_MS), EVERY_MS);
  assert.equal(polling.after(200, "b", 2 * MOST_MS), "never");
});

test("a website without the file is asked once", () => {
  assert.equal(new Polling(0).after(404, "", 1), "never");
});

test("a website that was written anew when the training had ended is read anew", () => {
  const polling = new Polling(0);
  polling.after(200, "a", 1);
  assert.equal(polling.after(404, "", 2), "reload");
});

test("who is offline asks again, and not for ever", () => {
  const polling = new Polling(0);
  assert.equal(polling.after(0, "", 1), EVERY_MS);
  assert.equal(polling.after(0, "", MOST_MS), "never");
});

test("what has ended is not asked again", () => {
  const polling = new Polling(0);
  polling.end();
  assert.equal(polling.after(200, "a", 1), "never");
});
