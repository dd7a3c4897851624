import assert from "node:assert/strict";
import { test } from "node:test";
import { isName, keyOf, link, rows, yaml, type Table, type Wish } from "../src/wish.ts";

const wish: Wish = {
  name: "mine", module: "iris-classifier", version: "^1.0.0", profile: "serve", count: 0, memory: 0, model: "",
  clouds: [], maxPrice: null, prefer: "price", lifetime: "", owner: "",
};
const table: Table = {
  memories: [0, 8, 40], counts: [1, 2], models: ["T4"],
  offers: [["north", "t4", 0.5, 1, "T4", 16_384, 8, 32_768], ["south", "big", 3, 2, "A100", 40_960, 64, 524_288]],
  clouds: { north: { profiles: ["serve"] }, south: { profiles: [] } },
  reasons: ["too small"],
  answers: { "0": { ranked: [0, 1], rejected: [] }, "1/40": { ranked: [1], rejected: [[0, 0]] }, "1/T4": { ranked: [0], rejected: [] } },
};
const words = { cloud: "not chosen", price: "more than {price}", profile: "no {profile}" };

test("a request is looked up under the next larger one of the table", () => {
  assert.equal(keyOf(table, wish), "0");
  assert.equal(keyOf(table, { ...wish, count: 1, memory: 24 }), "1/40");
  assert.equal(keyOf(table, { ...wish, count: 8, memory: 80 }), "2/40");
  assert.equal(keyOf(table, { ...wish, count: 1, memory: 24, model: "T4" }), "1/T4");
});

test("who takes it, and why the others do not", () => {
  const answer = rows(table, { ...wish, count: 1, memory: 40 }, words);
  assert.deepEqual(answer.taken.map((row) => [row.cloud, row.what]), [["south", "2 × A100"]]);
  assert.deepEqual(answer.refused.map((row) => [row.cloud, ...row.reasons]), [["north", "too small"]]);
});

test("bounds of the wish are reasons too", () => {
  const refused = (given: Partial<Wish>): string[][] =>
    rows(table, { ...wish, ...given }, words).refused.map((row) => [row.cloud, ...row.reasons]);
  assert.deepEqual(refused({ maxPrice: 1 }), [["south", "more than 1"]]);
  assert.deepEqual(refused({ clouds: ["north"] }), [["south", "not chosen"]]);
  assert.deepEqual(refused({ profile: "train" }), [["north", "no train"]]);
  assert.deepEqual(rows(table, { ...wish, count: 2, memory: 8 }, words), { taken: [], refused: [] });
});

test("the file says what was chosen and no more", () => {
  assert.equal(yaml({ ...wish, version: "*" }), 'apiVersion: deepcat/v1\nmodule: iris-classifier\nversion: "*"\nprofile: serve\n');
  const whole = yaml({ ...wish, count: 2, memory: 40, clouds: ["north", "south"], maxPrice: 2.5, prefer: "sla", lifetime: "12h", owner: "@ada" });
  for (const line of ["  count: 2", "  memory: 40GiB", "  clouds: [north, south]", "  max_price: 2.5", "  prefer: sla", "lifetime: 12h", "owner: ada"]) {
    assert.ok(whole.includes(`${line}\n`), line);
  }
  assert.ok(yaml({ ...wish, count: 1, memory: 40, model: "T4" }).includes("models: [T4]"));
});

test("text cannot leave its place in the file", () => {
  for (const owner of ["a: b", "x\nprofile: train", "true", "'", "#", "[a", "1.5", "- a", "no"]) {
    const last = yaml({ ...wish, owner }).trimEnd().split("\n").at(-1)!;
    assert.equal(JSON.parse(last.replace("owner: ", "")), owner);
  }
});

test("names of deployments", () => {
  for (const name of ["a", "iris-2", "0"]) assert.ok(isName(name), name);
  for (const name of ["", "-a", "a-", "A", "a/b", "../x", "a".repeat(64), "a\n"]) assert.ok(!isName(name), name);
});

test("the forge's page for a new file", () => {
  const github = new URL(link("https://forge.example/new/main", false, wish));
  assert.equal(github.searchParams.get("filename"), "deployments/mine.yaml");
  assert.equal(github.searchParams.get("value"), yaml(wish));
  const gitlab = new URL(link("https://forge.example/-/new/main", true, wish));
  assert.equal(gitlab.searchParams.get("file_name"), "deployments/mine.yaml");
  assert.equal(gitlab.searchParams.get("content"), yaml(wish));
});
