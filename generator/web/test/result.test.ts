import "./page.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { result } from "../src/result.ts";
import type { Shown } from "../src/answer.ts";

const sent = { body: '{"instances": [1]}', pictures: [] };

function of(...parts: Shown[]): HTMLElement {
  return result([parts], { predictions: [] }, 12.4, sent);
}

test("classes as bars with their names and shares", () => {
  const rows = of({ kind: "classes", title: "p", rows: [["cat", 0.75], ["<b>dog</b>", 0.25]] }).querySelectorAll("li");
  assert.equal(rows.length, 2);
  assert.equal(rows[0]!.querySelector("meter")!.getAttribute("value"), "0.75");
  assert.equal(rows[1]!.textContent, "<b>dog</b>25.0 %");
  assert.equal(rows[1]!.querySelector("b"), null);
});

test("a picture, with words for those who do not see it", () => {
  const picture = of({ kind: "picture", title: "image", base64: "iVBOR", type: "image/png" }).querySelector("img")!;
  assert.equal(picture.getAttribute("src"), "data:image/png;base64,iVBOR");
  assert.equal(picture.alt, "image");
});

test("lines stay inside their picture, even where all values are the same", () => {
  for (const values of [[1, 5, 3], [2, 2, 2], [-1e9, 1e9]]) {
    const svg = of({ kind: "series", title: "load", lines: [["load", values]] }).querySelector("svg")!;
    const [, , width, height] = svg.getAttribute("viewBox")!.split(" ").map(Number);
    const points = svg.querySelector("polyline")!.getAttribute("points")!.split(" ").map((point) => point.split(",").map(Number));
    assert.equal(points.length, values.length);
    assert.ok(points.every(([x, y]) => x! >= 0 && x! <= width! && y! >= 0 && y! <= height!));
  }
});

test("values as a list, and the whole answer below, cut where it is long", () => {
  const shown = result([[{ kind: "facts", rows: [["digit", "7"]] }]], { predictions: "x".repeat(50_000) }, 3, sent);
  assert.equal(shown.querySelector("dd")!.textContent, "7");
  const [asked, whole] = [...shown.querySelectorAll("details code")].map((code) => code.textContent!);
  assert.equal(asked, sent.body);
  assert.ok(whole!.length > 20_000 && whole!.length < 21_000);
});

test("many instances told by the same values are a table", () => {
  const part = (n: string): Shown[] => [{ kind: "facts", rows: [["y", n], ["unit", "m"]] }];
  const shown = result([part("1"), part("2")], {}, 1, sent);
  assert.deepEqual([...shown.querySelectorAll("thead th")].map((cell) => cell.textContent), ["#", "y", "unit"]);
  assert.deepEqual([...shown.querySelectorAll("td")].map((cell) => cell.textContent), ["1", "m", "2", "m"]);
  const other: Shown[] = [{ kind: "facts", rows: [["z", "3"]] }];
  assert.equal(result([part("1"), other], {}, 1, sent).querySelector("table"), null);
  assert.equal(result([part("1")], {}, 1, sent).querySelector("table"), null);
});
