import assert from "node:assert/strict";
import { test } from "node:test";
import { coarser, inked, laid, paper, placed, type How, type Stroke } from "../src/stroke.ts";

const square: Stroke = [[10, 20], [30, 20], [30, 60]]; // 20 wide, 40 high, on a side of 100
const frame = { width: 8, height: 8 };

function at(how: How, strokes = [square], pen = 0): number[][] {
  return placed(strokes, 100, frame, pen, how)[0]!.map((point) => point.map((value) => Number(value.toFixed(3))));
}

test("what is drawn is cut out by its box, in the middle, with its proportions", () => {
  assert.deepEqual(at({}), [[2, 0], [6, 0], [6, 8]]);
  assert.deepEqual(at({ crop: "stroke", fit: "contain", margin: 0, centre: "box" }), at({}));
});

test("the module's own way: stretched, with a margin, by the ink's middle, or not cut out", () => {
  const cases: [How, number[][]][] = [
    [{ fit: "stretch" }, [[0, 0], [8, 0], [8, 8]]],
    [{ margin: 0.25 }, [[3, 2], [5, 2], [5, 6]]],
    [{ crop: "none" }, [[0.8, 1.6], [2.4, 1.6], [2.4, 4.8]]],
    [{ centre: "mass" }, [[0.667, 1.333], [4.667, 1.333], [4.667, 9.333]]],
  ];
  for (const [how, points] of cases) assert.deepEqual(at(how), points, JSON.stringify(how));
});

test("the pen's width stays inside of the frame", () => {
  assert.deepEqual(at({}, [square], 2), [[2.5, 1], [5.5, 1], [5.5, 7]]);
});

test("where and how large something is drawn makes no difference", () => {
  for (const [size, x, y] of [[0.5, 0, 0], [2, 5, 3], [1, 60, 30]] as const) {
    assert.deepEqual(at({}, [square.map(([a, b]) => [a * size + x, b * size + y])]), at({}));
  }
});

test("a line and a dot are no more than that", () => {
  assert.deepEqual(at({}, [[[50, 10], [50, 90]]]), [[4, 0], [4, 8]]);
  assert.deepEqual(at({}, [[[7, 7]]]), [[4, 4]]);
  assert.deepEqual(at({ centre: "mass" }, [[[7, 7]]]), [[4, 4]]);
  const dot = at({}, [[[50, 50], [51, 50]]]);
  assert.ok(dot[1]![0]! - dot[0]![0]! < 1.5, "a dot is not blown up to a bar");
});

test("a coarse raster holds the fine one's means", () => {
  assert.deepEqual(coarser([1, 0, 0, 0, 1, 0, 0, 1], { width: 2, height: 1 }, 2), [[0.5, 0.25]]);
  assert.deepEqual(coarser([0.5], { width: 1, height: 1 }, 1), [[0.5]]);
});

test("a picture's ink is what differs from its border", () => {
  const size = { width: 4, height: 3 };
  const dark = [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0];
  assert.deepEqual(inked(dark, size), { left: 2, top: 1, width: 1, height: 1 });
  assert.deepEqual(inked(dark.map((value) => 1 - value), size), { left: 2, top: 1, width: 1, height: 1 });
  assert.deepEqual([paper(dark, size), paper(dark.map((value) => 1 - value), size)], [0, 1]);
  assert.deepEqual(inked(dark.map(() => 0.5), size), { left: 0, top: 0, ...size });
});

test("a picture fills the frame, or keeps its proportions", () => {
  const wide = { width: 40, height: 20 };
  assert.deepEqual(laid(wide, frame, {}), { left: 0, top: 0, width: 8, height: 8 });
  assert.deepEqual(laid(wide, frame, { fit: "contain" }), { left: 0, top: 2, width: 8, height: 4 });
  assert.deepEqual(laid(wide, frame, { fit: "contain", margin: 0.25 }), { left: 2, top: 3, width: 4, height: 2 });
});
