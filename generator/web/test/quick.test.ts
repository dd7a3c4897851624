import { fetched, files } from "./page.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Quick } from "../src/quick.ts";
import { files as words, packed } from "./known.ts";

files.set("search/index.json", packed);
for (const [path, content] of Object.entries(words)) files.set(path, content);
files.set("search/cards/0.json", { "iris-classifier": '<li data-name="iris-classifier"><h3><a>Irises &amp; lilies</a></h3></li>' });
document.body.innerHTML = '<div data-base=".."><form class="field"><input id="q"></form></div>';
const input = document.querySelector("input")!;
let taken = "";
new Quick(input, (name) => (taken = name));
const list = document.querySelector<HTMLElement>("#q-list")!;

function press(key: string): void {
  input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

async function type(text: string): Promise<HTMLElement[]> {
  input.value = text;
  input.dispatchEvent(new Event("input"));
  // The answer comes after as many turns as the fetches below it take.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  return [...list.children] as HTMLElement[];
}

test("nothing is fetched before the reader comes", () => {
  assert.deepEqual(fetched, []);
  assert.equal(input.getAttribute("role"), "combobox");
  assert.ok(list.hidden);
});

test("the best few while typing, by words of their summaries too", async () => {
  const rows = await type("names");
  assert.deepEqual(rows.map((row) => row.dataset.name), ["iris-classifier", "bird-song"]);
  assert.equal(input.getAttribute("aria-expanded"), "true");
  assert.deepEqual(fetched.sort(), ["search/cards/0.json", "search/index.json", "search/readme/0.json", "search/words/0.json"]);
  // Titles come with the cards; until then, and where there is none, the name suggests one.
  assert.deepEqual(rows.slice(0, 2).map((row) => row.querySelector(".quick-title")!.textContent), ["Irises & lilies", "Bird song"]);
});

test("arrows go round, Enter takes, Escape closes", async () => {
  await type("classifier");
  const selected = (): string => list.querySelector("[aria-selected=true]")!.id;
  press("ArrowUp");
  assert.equal(selected(), list.lastElementChild!.id);
  press("ArrowDown");
  assert.equal(selected(), list.firstElementChild!.id);
  press("ArrowDown");
  press("ArrowUp");
  assert.equal(selected(), list.firstElementChild!.id);
  assert.equal(input.getAttribute("aria-activedescendant"), list.firstElementChild!.id);
  press("Enter");
  assert.equal(taken, "iris-classifier");
  assert.ok(list.hidden);
  await type("classifier");
  press("Escape");
  assert.ok(list.hidden);
  assert.equal(input.getAttribute("aria-expanded"), "false");
});

test("an arrow that is quicker than the answer is not lost; typing chooses nothing", async () => {
  await type("classifier");
  input.value = "classifiers";
  input.dispatchEvent(new Event("input"));
  press("ArrowDown");
  await type("classifier"); // typing again lets go of it
  assert.equal(list.querySelector("[aria-selected=true]"), null);
  input.dispatchEvent(new Event("input"));
  press("ArrowDown");
  const chosen = list.firstElementChild!.id;
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(list.querySelector("[aria-selected=true]")?.id, chosen);
  assert.equal(input.getAttribute("aria-activedescendant"), chosen);
  press("Escape");
});

test("nothing found is said, and cannot be taken", async () => {
  taken = "";
  const rows = await type("qqqqzzzzxxxx");
  assert.equal(rows.length, 1);
  press("ArrowDown");
  press("Enter");
  assert.equal(taken, "");
  await type("");
  assert.ok(list.hidden);
});
