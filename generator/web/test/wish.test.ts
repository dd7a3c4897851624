import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf, rows, type Table } from "../src/takers.ts";
import { document, isName, link, numeric, yaml, type Training, type Wish } from "../src/wish.ts";

const wish: Wish = {
  name: "mine", module: "iris-classifier", version: "^1.0.0", profile: "serve", count: "0", memory: "", model: "",
  clouds: [], price: "", prefer: "price", lifetime: "", owner: "", inputs: {}, training: null,
};
const table: Table = {
  memories: [0, 8, 40, 80], counts: [1, 2], models: ["T4"],
  offers: [["north", "t4", 0.5, 1, "T4", 16_384, 8, 32_768], ["south", "big", 3, 2, "A100", 40_960, 64, 524_288], ["east", "h200", 9, 1, "H200", 144_384, 64, 524_288]],
  clouds: { north: { profiles: ["serve"] }, south: { profiles: [] }, east: { profiles: [] } },
  reasons: ["too small"],
  answers: {
    "0": { ranked: [0, 1, 2], rejected: [] }, "1/8": { ranked: [0, 1, 2], rejected: [] }, "1/40": { ranked: [1, 2], rejected: [[0, 0]] },
    "1/80": { ranked: [2], rejected: [[0, 0], [1, 0]] }, "1/T4": { ranked: [0], rejected: [] }, "2/8": { ranked: [1], rejected: [[0, 0], [2, 0]] },
  },
};
const words = { cloud: "not chosen", price: "more than {price}", profile: "no {profile}", memory: "{n} GiB", count: "{n} of them" };

test("a request is looked up under the largest of the table that asks no more", () => {
  assert.equal(keyOf(table, wish), "0");
  const cases: [string, string, string, string][] = [
    ["1", "24", "", "1/8"], ["1", "40", "", "1/40"], ["8", "141", "", "2/80"], ["1", "", "", "1/0"], ["1", "24", "T4", "1/T4"], ["many", "24", "", "0"],
  ];
  for (const [count, memory, model, key] of cases) assert.equal(keyOf(table, { ...wish, count, memory, model }), key);
});

function answered(given: Partial<Wish>): { taken: string[]; refused: string[][] } {
  const { taken, refused } = rows(table, { ...wish, ...given }, words);
  return { taken: taken.map((row) => row.cloud), refused: refused.map((row) => [row.cloud, ...row.reasons]) };
}

test("who takes it, and why the others do not", () => {
  assert.deepEqual(answered({ count: "1", memory: "40" }), { taken: ["south", "east"], refused: [["north", "too small"]] });
  assert.deepEqual(answered({ count: "1", memory: "24" }), { taken: ["south", "east"], refused: [["north", "16 GiB"]] });
  assert.deepEqual(answered({ count: "1", memory: "141" }), { taken: ["east"], refused: [["north", "too small"], ["south", "too small"]] });
  assert.deepEqual(answered({ count: "1", memory: "200" }).taken, []);
  assert.deepEqual(answered({ count: "4", memory: "8" }).taken, []);
});

test("bounds of the wish are reasons too", () => {
  assert.deepEqual(answered({ price: "1" }).refused, [["south", "more than 1"], ["east", "more than 1"]]);
  assert.deepEqual(answered({ clouds: ["north"] }).refused, [["south", "not chosen"], ["east", "not chosen"]]);
  assert.deepEqual(answered({ profile: "train" }).refused, [["north", "no train"]]);
});

test("the file says what was chosen and no more", () => {
  const file = (given: Partial<Wish>, types = {}): string => yaml(document({ ...wish, ...given }, types));
  assert.equal(file({ version: "*" }), 'apiVersion: deepcat/v1\nmodule: iris-classifier\nversion: "*"\nprofile: serve\n');
  const whole = file({ count: "2", memory: "141", model: "T4", clouds: ["north", "south"], price: "2,5", prefer: "sla", lifetime: "12h", owner: "@ada", inputs: { port: "8501", name: "", deep: "[1]" } }, { port: "integer", deep: "list" });
  for (const line of ["  count: 2", "  memory: 141GiB", "  models: [T4]", "  clouds: [north, south]", "  max_price: 2.5", "  prefer: sla", "lifetime: 12h", "owner: ada", "  port: 8501", "  deep: [1]"]) {
    assert.ok(whole.includes(`${line}\n`), line);
  }
  assert.ok(!whole.includes("name:"));
});

test("what is asked of a training, and nothing that was left out", () => {
  const none: Training = { data: { digits: "" }, time: "", cost: " ", disk: "", retries: "0", capacity: "", metric: "", patience: "", mode: "", nan: true, propose: "better" };
  const file = (given: Partial<Training>): string => yaml(document({ ...wish, profile: "train", training: { ...none, ...given } }));
  assert.equal(file({}), yaml(document({ ...wish, profile: "train" })));
  const whole = file({ data: { digits: "others", more: "" }, time: "4h", cost: "2,5", disk: "20", retries: "2", capacity: "0", metric: "val_loss", patience: "5", mode: "min", nan: false, propose: "never" });
  assert.ok(whole.includes(`
data:
  digits: {dataset: others}
limits:
  time: 4h
  cost: 2.5
  disk: 20GiB
retries:
  module: 2
  capacity: 0
stop:
  metric: val_loss
  patience: 5
  mode: min
  nan: false
propose: never
`), whole);
  assert.ok(file({ disk: "500 MB", cost: "much", retries: "-1" }).includes('  cost: much\n  disk: "500 MB"\nretries:\n  module: -1\n'));
  assert.ok(file({ capacity: "5" }).includes("retries:\n  capacity: 5\n"));
});

test("what was typed stands in the file, also where it is wrong", () => {
  const file = yaml(document({ ...wish, count: "many", memory: "lots", price: "abc", lifetime: "soon" }));
  for (const line of ["  count: many", "  memory: lots", "  max_price: abc", "lifetime: soon"]) assert.ok(file.includes(`${line}\n`), line);
  assert.deepEqual(["1", " 2,5 ", "1e3", "abc", "", "0x10", "1 000"].map(numeric), [1, 2.5, 1000, "abc", "", "0x10", "1 000"]);
});

test("text cannot leave its place in the file", () => {
  for (const owner of ["a: b", "x\nprofile: train", "true", "'", "#", "[a", "1.5", "- a", "no", "a #", "b "]) {
    const last = yaml(document({ ...wish, owner })).trimEnd().split("\n").at(-1)!.replace("owner: ", "");
    assert.equal(last.startsWith('"') ? JSON.parse(last) : last, owner.trim());
  }
});

test("names of deployments", () => {
  for (const name of ["a", "iris-2", "0"]) assert.ok(isName(name), name);
  for (const name of ["", "-a", "a-", "A", "a/b", "../x", "a".repeat(64), "a\n"]) assert.ok(!isName(name), name);
});

test("the forge's page for a new file", () => {
  const github = new URL(link("https://forge.example/new/main", false, { name: "mine", module: "iris", training: null }, "a: 1\n"));
  assert.equal(github.searchParams.get("filename"), "deployments/mine.yaml");
  assert.equal(github.searchParams.get("value"), "a: 1\n");
  const gitlab = new URL(link("https://forge.example/-/new/main", true, { name: "mine", module: "iris", training: null }, "a: 1\n"));
  assert.equal(gitlab.searchParams.get("file_name"), "deployments/mine.yaml");
  assert.equal(gitlab.searchParams.get("content"), "a: 1\n");
});
