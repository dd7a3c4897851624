import "./page.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { card, gpuWords, hue, iconFor } from "../src/card.ts";
import { Facets } from "../src/facets.ts";
import { read } from "../src/state.ts";
import { columns, engine, query } from "./known.ts";

const column = document.createElement("div");
const toggled: string[] = [];
const facets = new Facets(column, columns, (key, value) => toggled.push(`${key}=${value}`));

function box(key: string, value: string): HTMLInputElement {
  return column.querySelector(`input[data-key="${key}"][data-value="${value}"]`)!;
}

test("a box for each value, with its count", () => {
  const state = read("?task=Classification", ["task"]);
  facets.show(state, engine.run(state));
  assert.ok(box("task", "Classification").checked);
  assert.ok(!box("task", "Regression").checked);
  const row = box("data", "Image").closest("li")!;
  assert.equal(row.querySelector(".n")!.textContent, "1");
  assert.ok(box("data", "Time Series").closest("li")!.classList.contains("empty"));
});

test("a tick tells which value it is of", () => {
  box("data", "Image").dispatchEvent(new Event("change"));
  assert.deepEqual(toggled, ["data=Image"]);
});

test("flags stand together, above the rest", () => {
  const first = column.firstElementChild!;
  assert.deepEqual([...first.querySelectorAll("input")].map((input) => input.dataset.key), ["runs", "verified", "trainable", "current"]);
});

test("a card says what the columns say", () => {
  const iris = card(columns, 3, ["Names the species", "1.0.0"]);
  assert.equal(iris.querySelector("a")!.getAttribute("href"), "./modules/iris-classifier/");
  assert.deepEqual([...iris.querySelectorAll(".badge")].map((badge) => badge.textContent), ["badge.verified", "badge.runs"]);
  assert.equal(iris.querySelector("time")!.dateTime, "2025-02-06");
  assert.equal(card(columns, 0).querySelector(".badge-old")!.textContent, "badge.deprecated");
  assert.equal(card(columns, 5).querySelector(".tag-gpu")!.textContent, "gpu.more");
  assert.equal(engine.run(query("bird")).hits[0], 0);
});

test("icons, hues, words for memory", () => {
  assert.deepEqual(["Image", "Audio", "Time Series", "none"].map((kind) => iconFor([kind])), ["image", "audio", "series", "cube"]);
  assert.ok(hue("iris-classifier") >= 0 && hue("iris-classifier") < 12);
  assert.deepEqual(["8", "none", "any"].map(gpuWords), ["gpu.upto", "gpu.none", "gpu.any"]);
});
