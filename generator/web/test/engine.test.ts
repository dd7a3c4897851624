import assert from "node:assert/strict";
import { test } from "node:test";
import { Engine, distance, fold, tokens } from "../src/engine.ts";
import { unpack } from "../src/columns.ts";
import { columns, engine, found, packed, query } from "./known.ts";

test("words are folded, each once, at most eight", () => {
  assert.equal(fold("CAFÉ ﬁne"), "cafe fine");
  assert.deepEqual(tokens("Leaf, leaf-FINDER!"), ["leaf", "finder"]);
  assert.deepEqual(tokens("日本 語"), ["日本", "語"]);
  assert.equal(tokens("a b c d e f g h i j").length, 8);
  assert.deepEqual(tokens(" \t…"), []);
});

test("edits between words", () => {
  for (const [a, b, edits] of [["leaf", "leaf", 0], ["leaf", "lear", 1], ["leaf", "laef", 1], ["leaf", "eaf", 1], ["leaf", "leaves", 3]] as const) {
    assert.equal(distance(a, b, 3), edits, `${a} ${b}`);
    assert.equal(distance(b, a, 3), edits, `${b} ${a}`);
  }
  assert.equal(distance("leaf", "bird", 1), 2);
  assert.equal(distance("a", "abcdef", 2), 3);
});

test("without a question, what runs and is verified comes first, then what is new", () => {
  assert.equal(found(query())[0], "iris-classifier");
  assert.equal(found(query()).length, columns.size);
  assert.equal(found(query())[1], "bird-song");
});

test("the name and the title weigh more than a tag, a whole name most", () => {
  assert.deepEqual(found(query("classifier")), ["iris-classifier", "digits-classifier"]);
  assert.equal(found(query("digits classifier"))[0], "digits-classifier");
  assert.deepEqual(found(query("cafe")), ["guest-counter"]);
  assert.deepEqual(found(query("handwriting")), ["digits-classifier"]);
});

test("all words must be found", () => {
  assert.deepEqual(found(query("classifier flower")), ["iris-classifier"]);
  assert.deepEqual(found(query("classifier plants")), []);
});

test("a letter or two find beginnings of words only", () => {
  assert.deepEqual(found(query("so")), ["bird-song"]);
  assert.deepEqual(found(query("ong")), ["bird-song"]);
  assert.deepEqual(found(query("ng")), []);
});

test("typing errors are forgiven, and said", () => {
  for (const [typed, word, module] of [["clasifier", "classifier", "iris-classifier"], ["forcaster", "forecaster", "load-forecaster"], ["leef", "leaf", "leaf-finder"], ["flwoer", "flower", "iris-classifier"]] as const) {
    const answer = engine.run(query(typed));
    assert.equal(answer.taken.get(typed), word);
    assert.equal(columns.names[answer.hits[0]!], module);
  }
});

test("what is right, or too short, or like nothing, is not taken for something else", () => {
  for (const text of ["leaf", "xyz", "qqqqzzzzxxxx"]) assert.equal(engine.run(query(text)).taken.size, 0, text);
  assert.deepEqual(found(query("qqqqzzzzxxxx")), []);
});

test("words of summaries, once fetched", () => {
  const word = (token: string) => token === "species" ? new Map([[3, 2]]) : undefined;
  assert.deepEqual(found(query("species")), []);
  assert.deepEqual(engine.run(query("species"), word).hits, [3]);
});

test("OR inside a facet, AND between facets and with the words", () => {
  assert.equal(found(query("", { task: ["Classification"] })).length, 3);
  assert.equal(found(query("", { task: ["Classification", "Regression"] })).length, 4);
  assert.deepEqual(found(query("", { task: ["Classification", "Regression"], data: ["Image"] })).sort(), ["digits-classifier", "guest-counter"]);
  assert.deepEqual(found(query("iris", { data: ["Image"] })), []);
  assert.deepEqual(found(query("", { task: ["no such task"] })), []);
});

test("every count is what choosing that value would leave", () => {
  for (const chosen of [{}, { task: ["Classification"] }, { task: ["Classification"], data: ["Image", "Audio"] }] as Record<string, string[]>[]) {
    const { counts } = engine.run(query("", chosen));
    for (const facet of columns.facets) {
      facet.values.forEach((value, at) => {
        const alone = found(query("", { ...chosen, [facet.key]: [value] }));
        assert.equal(counts.get(facet.key)![at], alone.length, `${facet.key} ${value}`);
      });
    }
  }
});

test("sorted as asked", () => {
  const first = (sort: "name" | "newest" | "updated" | "metric"): string => found(query("", {}, sort))[0]!;
  assert.deepEqual(found(query("", {}, "name")), columns.names);
  assert.equal(first("newest"), "load-forecaster");
  assert.equal(first("updated"), "bird-song");
  assert.equal(first("metric"), "load-forecaster");
});

test("a catalog where nothing runs has facets without values", () => {
  const facets = packed.facets.map((facet) => facet.key === "runs" ? { ...facet, values: [], rows: "     " } : facet);
  const quiet = new Engine(unpack({ ...packed, facets }));
  assert.equal(quiet.run(query()).hits.length, columns.size);
});
