import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE, complete, digit, numbers, shardOf, titleAt, titleOf, unpack } from "../src/columns.ts";
import { valuesOf } from "../src/card.ts";
import { columns, hashes, more, packed } from "./known.ts";

test("names and titles", () => {
  assert.equal(columns.size, 6);
  assert.deepEqual(columns.names.slice(0, 2), ["bird-song", "guest-counter"]);
  assert.deepEqual([0, 1].map((module) => titleAt(columns, module)), ["Bird song", "Café counter"]);
  assert.equal(titleOf("iris-classifier"), "Iris classifier");
});

test("facets from both sides: the modules of a value, and the values of a module", () => {
  assert.deepEqual(valuesOf(columns, "library", 2), ["TensorFlow", "Keras"]);
  assert.deepEqual(valuesOf(columns, "gpu", 5), ["more"]);
  assert.deepEqual(valuesOf(columns, "current", 0), []);
  for (const facet of columns.facets) {
    facet.sets.forEach((set, value) => {
      for (let module = 0; module < columns.size; module++) {
        const has = (set[module >>> 5]! & (1 << (module & 31))) !== 0;
        assert.equal(has, facet.of(module).includes(value), `${facet.key} ${value} ${module}`);
      }
    });
  }
});

test("days and scores, and what is seldom chosen by, once they were fetched", () => {
  const first = unpack(packed);
  assert.equal(first.facets.find(({ key }) => key === "tag")!.known, false);
  assert.deepEqual([...first.created], [0, 0, 0, 0, 0, 0]);
  complete(first, packed, { ...more, of: "another" });
  assert.ok(!first.complete);
  complete(first, packed, more);
  assert.ok(first.complete);
  assert.deepEqual(first.facets.map(({ known }) => known), packed.facets.map(() => true));
  assert.deepEqual(valuesOf(first, "tag", 0), ["field work"]);
  assert.deepEqual([...first.created].map((day) => day - first.created[0]!), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([...first.score], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(new Set(first.recent).size, 1);
});

test("digits leave the backslash out", () => {
  assert.equal(digit("#".charCodeAt(0)), 0);
  assert.equal(digit("]".charCodeAt(0)) - digit("[".charCodeAt(0)), 1);
  assert.equal(digit("~".charCodeAt(0)), BASE - 1);
  assert.deepEqual([...numbers("#$$#", 2)], [1, BASE]);
});

test("summaries lie in the file that the generator put them into", () => {
  for (const [name, shard] of Object.entries(hashes)) assert.equal(shardOf(name, 64), shard);
});

test("an empty catalog", () => {
  const none = unpack({ ...packed, names: "", titles: "", recent: "",
    facets: packed.facets.map((facet) => ({ ...facet, values: [], rows: "" })) });
  assert.equal(none.size, 0);
});
