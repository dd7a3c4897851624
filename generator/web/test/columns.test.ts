import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE, day, digit, numbers, shardOf, titleOf, unpack } from "../src/columns.ts";
import { valuesOf } from "../src/card.ts";
import { columns, hashes, packed } from "./known.ts";

test("names and titles", () => {
  assert.equal(columns.size, 6);
  assert.deepEqual(columns.names.slice(0, 2), ["bird-song", "guest-counter"]);
  assert.deepEqual(columns.titles.slice(0, 2), ["Bird song", "Café counter"]);
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

test("days and scores", () => {
  assert.equal(day(columns, columns.created[0]!), "2024-01-01");
  assert.equal(day(columns, columns.updated[0]!), "2025-02-09");
  assert.equal(day(columns, 0), "");
  assert.deepEqual([...columns.score].map((score) => score - 1), [0, 100, 200, 300, 400, 500]);
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
  const none = unpack({ ...packed, names: "", titles: "", created: "", updated: "", score: "",
    facets: packed.facets.map((facet) => ({ ...facet, values: [], rows: "" })) });
  assert.equal(none.size, 0);
});
