import assert from "node:assert/strict";
import { test } from "node:test";
import { differences } from "../src/differences.ts";

test("what differs is told by kind, what is new or gone with nothing beside it", () => {
  const before = { "topology a b": "1", "about title": "One", "about same": "x", "metrics gone": "0.5" };
  const after = { "topology a b": "2", "about title": "Two", "about same": "x", "samples new": "y" };
  assert.deepEqual(differences(before, after), [
    { kind: "about", name: "title", before: "One", after: "Two" },
    { kind: "metrics", name: "gone", before: "0.5", after: "" },
    { kind: "samples", name: "new", before: "", after: "y" },
    { kind: "topology", name: "a b", before: "1", after: "2" },
  ]);
  assert.deepEqual(differences(before, before), []);
});
