import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE, complete, digit, numbers, shardOf, titleOf, unpack } from "../src/columns.ts";
import { valuesOf } from "../src/card.ts";
import { columns, hashes, more, packed } from "./known.ts";

test("names, and the words of titles that no name has", () => {
  assert.equal(columns.size, 6);
  assert.deepEqual(columns.names.slice(0, 2), ["bird-song", "guest-counter"]);
  assert.equal(columns.also, "cafe");
  assert.equal(titleOf("iris-classifier"), "Iris classifier");
});

test("a module's values of each facet", () => {
  assert.deepEqual(valuesOf(columns, "library", 2), ["TensorFlow", "Keras"]);
  assert.deepEqual(valuesOf(columns, "gpu", 5), ["more"]);
  assert.deepEqual(valuesOf(columns, "current", 0), []);
  assert.deepEqual(columns.names.map((_, module) => valuesOf(columns, "task", module).length), [1, 1, 1, 1, 1, 1]);
});

test("a facet of more values than the index has brings the rarer ones with its rows", () => {
  const facets = packed.facets.map((facet) => facet.key === "tag" ? { ...facet, values: facet.values.slice(0, 2) } : facet);
  const values = packed.facets.find(({ key }) => key === "tag")!.values.slice(2);
  const first = unpack({ ...packed, facets });
  assert.equal(first.facets.find(({ key }) => key === "tag")!.values.length, 2);
  complete(first, { ...packed, facets }, { ...more, values: { ...more.values, tag: values } });
  for (const module of first.names.keys()) assert.deepEqual(valuesOf(first, "tag", module), valuesOf(columns, "tag", module));
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
  const none = unpack({ ...packed, names: "", also: "", recent: "",
    facets: packed.facets.map((facet) => ({ ...facet, values: [], rows: "" })) });
  assert.equal(none.size, 0);
});
