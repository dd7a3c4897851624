import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, stem, tokens } from "../src/words.ts";
import { compound, distance, nearest } from "../src/typos.ts";
import cases from "./tokens.json";

test("words are folded as the generator folds them", () => {
  for (const [text, expected] of cases) assert.deepEqual(tokens(text as string), expected, text as string);
});

test("a letter of a script without blanks may be asked for alone", () => {
  assert.deepEqual(tokens("花"), ["花"]);
});

test("words that say nothing are left out, unless there are no others", () => {
  const stop = new Set(["the", "of"]);
  assert.deepEqual(asked("the leaf of THE tree", stop), ["leaf", "tree"]);
  assert.deepEqual(asked("The of", stop), ["the", "of"]);
  assert.equal(asked("ab ".repeat(30), stop).length, 12);
});

test("words of one kin, and of either spelling, share a stem", () => {
  for (const row of ["denoise denoising denoised denoiser denoize", "colour color colours colored", "forecast forecasts forecasting forecaster",
    "classify classifies classifier classified", "anomaly anomalies", "centre center centres", "tumour tumors", "labelling labeling",
    "analyse analyze analysing", "grey gray", "catalogue catalog", "anaemia anemia", "photo photos", "recognise recognize recognising"]) {
    const [first, ...others] = row.split(" ").map(stem);
    for (const other of others) assert.equal(other, first, row);
  }
  for (const [a, b] of [["flower", "flow"], ["digit", "dig"], ["iris", "irises"], ["分類", "分"]] as const) assert.notEqual(stem(a), stem(b));
});

test("edits between words", () => {
  for (const [a, b, edits] of [["leaf", "leaf", 0], ["leaf", "lear", 1], ["leaf", "laef", 1], ["leaf", "eaf", 1], ["leaf", "leaves", 3]] as const) {
    assert.equal(distance(a, b, 3), edits, `${a} ${b}`);
    assert.equal(distance(b, a, 3), edits, `${b} ${a}`);
  }
  assert.equal(distance("leaf", "bird", 1), 2);
  assert.equal(distance("a", "abcdef", 2), 3);
});

test("the nearest word, of equally near ones the most usual", () => {
  const known = new Map([["leaf", 1], ["lead", 3], ["loaf", 1], ["classifier", 2], ["anomaly", 9]]);
  for (const [typed, word] of [["leav", "lead"], ["laef", "leaf"], ["teaf", undefined], ["anom", undefined], ["nomaly", "anomaly"], ["clasifier", "classifier"], ["clasif", "classifier"],
    ["analysis", undefined], ["lef", undefined], ["qqqqzzzz", undefined], ["2024", undefined]] as const) {
    assert.equal(nearest(typed, known), word, typed);
  }
});

test("a short word is not taken for one that begins otherwise, nor for the beginning of another", () => {
  const known = new Map([["tests", 9], ["health", 9], ["language", 9]]);
  for (const typed of ["pests", "heat", "lang"]) assert.equal(nearest(typed, known), undefined, typed);
});

test("words put together", () => {
  const known = new Map([["time", 1], ["series", 1], ["half", 1], ["plus", 1], ["two", 1], ["a", 1]]);
  assert.deepEqual(compound("timeseries", known), ["time", "series"]);
  assert.deepEqual(compound("halfplustwo", known), ["half", "plus", "two"]);
  for (const token of ["time", "timea", "timetimetimetime", "time".repeat(10_000)]) assert.equal(compound(token, known), undefined);
});
