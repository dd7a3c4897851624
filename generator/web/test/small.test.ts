import "./page.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { age } from "../src/ages.ts";
import { h } from "../src/dom.ts";
import { moveInGrid } from "../src/keys.ts";
import { fromBase64, toBase64 } from "../src/picture.ts";
import { say } from "../src/i18n.ts";

test("how long ago", () => {
  const now = Date.parse("2026-01-10T12:00:00Z");
  const words = (text: string): string => age(Date.parse(text), now);
  assert.equal(words("2026-01-10T11:59:30Z"), "30 seconds ago");
  assert.equal(words("2026-01-10T09:00:00Z"), "3 hours ago");
  assert.equal(words("2026-01-09T12:00:00Z"), "yesterday");
  assert.equal(words("2027-02-10T12:00:00Z"), "next year");
});

test("words with what fills them; what is not known fills nothing", () => {
  assert.equal(say("words.test", { n: 3, name: "{n}" }), "3 of {n}");
  assert.equal(say("words.test", { n: 3 }), "3 of ");
});

test("text stays text", () => {
  const element = h("p", { title: '"><script>' }, "<script>alert(1)</script>", null, false, "");
  assert.equal(element.children.length, 0);
  assert.equal(element.textContent, "<script>alert(1)</script>");
  assert.equal(element.title, '"><script>');
});

test("bytes there and back", async () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => i % 256);
  const blob = fromBase64(await toBase64(new Blob([bytes])));
  assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), bytes);
});

test("arrows move in the grid, upwards out of it leads back to the search", () => {
  document.body.innerHTML = '<input><ul style="grid-template-columns: 1px 1px">'
    + '<li><a href="#0">0</a></li>'.repeat(5) + "</ul>";
  const grid = document.querySelector("ul")!;
  const back = document.querySelector("input")!;
  const links = [...grid.querySelectorAll("a")];
  grid.addEventListener("keydown", (event) => moveInGrid(event, grid, back));
  const press = (key: string): number => {
    document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    return links.indexOf(document.activeElement as HTMLAnchorElement);
  };
  links[0]!.focus();
  assert.deepEqual(["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowDown", "ArrowDown", "ArrowUp"].map(press), [1, 3, 2, 4, 4, 2]);
  assert.equal(press("Escape"), -1);
  assert.equal(document.activeElement, back);
  links[1]!.focus();
  press("ArrowUp");
  assert.equal(document.activeElement, back);
});
