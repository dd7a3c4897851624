import "./page.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { card, gpuWords, hue, iconFor } from "../src/card.ts";
import { Facets, valueWords } from "../src/facets.ts";
import { read } from "../src/state.ts";
import { columns, engine } from "./known.ts";

const VALUES = [["runs", "yes"], ["verified", "yes"], ["task", "Classification"], ["task", "Regression"], ["data", "Image"], ["data", "Time Series"],
  ...Array.from({ length: 10 }, (_, i) => ["tag", i === 9 ? "power" : `t${i}`])];
document.body.innerHTML = `<div class="facets">${VALUES.map(([key, value], i) => `<li${i > 13 ? " hidden" : ""}><label><input type="checkbox"`
  + ` data-key="${key}" data-value="${value}"><span class="value">${value}!</span><span class="n">9</span></label></li>`).join("")}`
  + '<button class="more" data-key="tag"></button></div>';
const column = document.querySelector<HTMLElement>(".facets")!;
const before = column.innerHTML.replaceAll(/\d+<\/span>/g, "");
const toggled: string[] = [];
const facets = new Facets(column, (key, value) => toggled.push(`${key}=${value}`), () => toggled.push("open"));

function box(key: string, value: string): HTMLInputElement {
  return column.querySelector(`input[data-key="${key}"][data-value="${value}"]`)!;
}

test("boxes that were built come alive where they are: counts and ticks, and nothing else", () => {
  const state = read("?task=Classification", ["task"]);
  facets.show(columns.facets, state, engine.run(state), false);
  assert.ok(box("task", "Classification").checked);
  assert.ok(!box("task", "Regression").checked);
  assert.equal(box("data", "Image").closest("li")!.querySelector(".n")!.textContent, "1");
  assert.ok(box("data", "Time Series").closest("li")!.classList.contains("empty"));
  assert.deepEqual(facets.ticked(), [["task", "Classification"]]);
  assert.equal(column.innerHTML.replaceAll(/\d+<\/span>/g, "").replaceAll(/ class="empty"| class=""/g, ""), before);
});

test("a tick tells which value it is of", () => {
  box("data", "Image").dispatchEvent(new Event("change"));
  assert.deepEqual(toggled, ["data=Image"]);
});

test("while words are typed the values come up that they find; a button shows all", () => {
  const hidden = (): number => VALUES.filter(([key, value]) => box(key!, value!).closest("li")!.hidden).length;
  const state = read("", []);
  assert.equal(hidden(), 2);
  assert.ok(box("tag", "power").closest("li")!.hidden);
  facets.show(columns.facets, state, engine.run(state), true);
  assert.equal(hidden(), 2);
  assert.ok(!box("tag", "power").closest("li")!.hidden);
  column.querySelector<HTMLButtonElement>("button.more")!.click();
  assert.equal(hidden(), 0);
});

test("a value in words: as the page has them", () => {
  assert.equal(valueWords("task", "Regression"), "Regression!");
  assert.equal(valueWords("gpu", "8"), "gpu.upto");
  assert.equal(valueWords("runs", "yes"), "facet.runs");
});

test("a place for a card says what the columns say until its card comes", () => {
  const iris = card(columns, 3);
  assert.equal(iris.querySelector("a")!.getAttribute("href"), "./modules/iris-classifier/");
  assert.equal(iris.querySelector("h3")!.textContent, "Iris classifier");
  assert.ok(iris.hasAttribute("data-bare"));
});

test("icons, hues, words for memory", () => {
  assert.deepEqual(["Image", "Audio", "Time Series", "none"].map((kind) => iconFor([kind])), ["image", "audio", "series", "cube"]);
  assert.ok(hue("iris-classifier") >= 0 && hue("iris-classifier") < 12);
  assert.deepEqual(["8", "none", "any"].map(gpuWords), ["gpu.upto", "gpu.none", "gpu.any"]);
});
