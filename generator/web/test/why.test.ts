import "./page.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { reasons } from "../src/rank.ts";
import { explain, parts } from "../src/why.ts";
import { columns, lookup } from "./known.ts";

test("words are marked where they stand, whatever their case and accents", () => {
  for (const [text, words, expected] of [
    ["Café counter, a CAFE", ["cafe"], ["", "Café", " counter, a ", "CAFE", ""]],
    ["iris-classifier", ["classifier"], ["iris-", "classifier", ""]],
    ["花の分類器", ["分類", "類器"], ["花の", "分類器", ""]],
    ["classifiers", ["classifier"], ["classifiers"]],
    ["", ["leaf"], [""]],
  ] as const) assert.deepEqual(parts(text, new Set(words)), expected, text);
});

test("a reason is the module's own word, where it weighs most", async () => {
  const why = async (text: string, module: number) => reasons((await lookup.find(text)).terms, module, columns.fields);
  assert.deepEqual(await why("birds", 0), [{ word: "bird", field: "title" }]);
  assert.deepEqual(await why("warbler", 0), [{ word: "warblers", field: "readme" }]);
  assert.deepEqual(await why("fields", 0), [{ word: "field", field: "tag" }]);
  assert.deepEqual(await why("foliage", 4), [{ word: "leaf", field: "title" }]);
  assert.deepEqual(await why("warbler", 3), []);
});

test("a card says why it is there, and no HTML comes of it", () => {
  document.body.innerHTML = '<li><h3><a>Iris &lt;b&gt;</a></h3><span class="mono-name">iris</span><p class="card-text">Names it</p></li>';
  const card = document.querySelector("li")!;
  explain(card, [{ word: "iris", field: "title" }, { word: "b", field: "title" }, { word: "<i>", field: "readme" }, { word: "setosa", field: "heading" }]);
  assert.equal(card.querySelector("h3")!.innerHTML, "<a><mark>Iris</mark> &lt;<mark>b</mark>&gt;</a>");
  assert.equal(card.querySelector(".card-why")!.textContent, "why.readme <i> · why.heading setosa");
  assert.equal(card.querySelector("i"), null);
  explain(card, [{ word: "names", field: "summary" }]);
  assert.equal(card.querySelector(".card-why"), null);
  assert.equal(card.querySelectorAll("mark").length, 1);
  explain(card, []);
  assert.equal(card.querySelectorAll("mark").length, 0);
});
