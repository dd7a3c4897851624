import assert from "node:assert/strict";
import { test } from "node:test";
import { boundsOf, judge, type Module, type Rules } from "../src/judge.ts";
import { admits, isRange } from "../src/ranges.ts";
import { breaches, type Schema } from "../src/schema.ts";
import type { Training, Value, Wish } from "../src/wish.ts";

test("each word of a schema", () => {
  const cases: [unknown, Schema, string[]][] = [
    [1, { type: "string" }, ["type"]], ["a", { type: ["string", "number"] }, []], [1.5, { type: "integer" }, ["type"]],
    ["c", { enum: ["a", "b"] }, ["enum"]], ["x", { const: "y" }, ["const"]], ["A", { type: "string", pattern: "^[a-z]+$" }, ["pattern"]],
    ["é", { type: "string", minLength: 2, maxLength: 3 }, ["minLength"]], ["abcd", { maxLength: 3 }, ["maxLength"]],
    [-1, { minimum: 0 }, ["minimum"]], [0, { exclusiveMinimum: 0 }, ["exclusiveMinimum"]], [{ a: 1 }, { additionalProperties: { type: "string" } }, ["type"]], [9, { maximum: 8 }, ["maximum"]], [[1, 1], { uniqueItems: true, maxItems: 1 }, ["maxItems", "uniqueItems"]],
    [["a"], { type: "array", items: { type: "number" } }, ["type"]], [{}, { required: ["a"] }, ["required"]],
    [{ b: 1, "x-c": 1 }, { properties: { a: {} }, patternProperties: { "^x-": {} }, additionalProperties: false }, ["additionalProperties"]],
  ];
  for (const [value, schema, keywords] of cases) assert.deepEqual(breaches(value, schema).map((each) => each.keyword), keywords, JSON.stringify([value, schema]));
  assert.equal(breaches({ a: { b: ["x", 1] } }, { properties: { a: { properties: { b: { items: { type: "string" } } } } } })[0]!.at, "a.b[1]");
});

test("ranges as npm writes them", () => {
  for (const range of ["*", "1", "1.2", "1.x", "^1.2.0", "~1", ">=1.2 <2", "1.0.0 - 2.0.0", "1 || 2", "1.2.3-beta.1", ">1.0.0"]) assert.ok(isRange(range), range);
  for (const range of ["latest", "1.2.3.4", "01.2.3", "=> 1", "v", "one", "^", "1.2.3 and more"]) assert.ok(!isRange(range), range);
});

test("which releases the plainest ranges take in", () => {
  const cases: [string, string, boolean | undefined][] = [
    ["*", "1.0.0", true], ["1.0.0", "1.0.0", true], ["1.0.0", "1.0.1", false], ["^1.2.0", "1.9.9", true], ["^1.2.0", "2.0.0", false],
    ["^0.2.0", "0.3.0", false], ["^0.0.3", "0.0.4", false], ["~1.2.0", "1.2.9", true], ["~1.2.0", "1.3.0", false], ["^2.0.0", "1.0.0", false],
    [">=1", "1.0.0", undefined], ["^1.0.0", "1.0.0-rc.1", undefined],
  ];
  for (const [range, version, is] of cases) assert.equal(admits(range, version), is, `${range} ${version}`);
});

const rules: Rules = {
  schema: { properties: { placement: { properties: { max_price: { type: "number", minimum: 0 } } } } },
  name: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", reserved: ["con"], taken: ["old"], clouds: ["north"], datasets: { digits: "Digits" }, codes: { type: "schema/type", minimum: "schema/range" },
};
const wish: Wish = {
  name: "mine", module: "iris", version: "^1.0.0", profile: "serve", count: "0", memory: "", model: "", clouds: [], price: "", prefer: "price", lifetime: "", owner: "ada", inputs: {}, training: null,
};
const iris: Module = {
  name: "iris", version: "1.2.0", deprecated: false,
  topology: { profiles: ["serve"], inputs: {
    port: { type: "integer", description: "", required: true, default: 1, constraints: [{ in_range: [0, 9] }] },
    size: { type: "string", description: "", required: true, constraints: [{ valid_values: ["s", "m"] }] },
    admin_password: { type: "string", description: "", required: false },
  } },
  training: null, metrics: [{ name: "loss" }],
};
const training = { data: { digits: "digits" }, metric: "", inputs: { epochs: { type: "integer", description: "", required: true, default: 3, constraints: [{ greater_or_equal: 1 }, { less_or_equal: 9 }] } } };
const inputs = { size: "m" };
const asked: Training = { data: {}, time: "", cost: "", disk: "", retries: "", capacity: "", metric: "", patience: "", mode: "", nan: true, propose: "better" };

test("each fault by its code, and nothing of what is sound", () => {
  const cases: [Partial<Wish>, Partial<Module> | undefined, string[]][] = [
    [{ inputs }, {}, []],
    [{ inputs, name: "" }, {}, ["name_missing"]], [{ inputs, name: "My Name!" }, {}, ["name"]], [{ inputs, name: "con" }, {}, ["name_reserved"]], [{ inputs, name: "old" }, {}, ["name_taken"]],
    [{ inputs, price: "abc" }, {}, ["breach.type"]], [{ inputs, price: "-1" }, {}, ["breach.minimum"]],
    [{ inputs, version: "newest" }, {}, ["version"]], [{ inputs, version: "^2.0.0" }, {}, ["version_elsewhere"]],
    [{ inputs, profile: "train" }, {}, ["no_profile.train"]], [{ profile: "train" }, { training }, []], [{ profile: "train" }, { training, topology: null }, []],
    [{ profile: "train", inputs: { epochs: "10" } }, { training }, ["input_bounds"]], [{ profile: "serve" }, { training, topology: null }, ["topology"]], [{}, { topology: null }, ["topology"]], [{ inputs }, { deprecated: true }, ["deprecated"]],
    [{}, {}, ["input_missing"]], [{ inputs: { ...inputs, port: "many" } }, {}, ["input_type"]], [{ inputs: { ...inputs, port: "10" } }, {}, ["input_bounds"]],
    [{ inputs: { size: "xl" } }, {}, ["input_bounds"]], [{ inputs: { ...inputs, admin_password: "hunter2" } }, {}, ["input_secret"]], [{ inputs: { ...inputs, admin_password: "env:DEEPCAT_WORKLOAD_P" } }, {}, []],
    [{ inputs, clouds: ["south"] }, {}, ["cloud"]], [{ inputs, owner: "" }, {}, ["owner"]], [{ module: "nobody" }, undefined, ["module"]],
  ];
  for (const [given, module, keys] of cases) {
    assert.deepEqual(judge({ ...wish, ...given }, module && { ...iris, ...module }, rules).map((fault) => fault.key), keys, JSON.stringify([given, module]));
  }
});

test("an early end says which metric has to get better, which way, and how often it may not", () => {
  const own = { ...training, metric: "loss" };
  const cases: [Partial<Training>, typeof training, string[]][] = [
    [{}, training, []], [{ patience: "3" }, own, []], [{ patience: "3" }, training, ["stop_metric"]], [{ metric: "loss" }, own, ["stop_patience"]],
    [{ mode: "min" }, own, ["stop_patience"]], [{ patience: "3", metric: "f1" }, own, ["stop_mode"]], [{ patience: "3", metric: "f1", mode: "max" }, own, []],
    [{ patience: "3", metric: "loss" }, training, []],
  ];
  for (const [given, its, keys] of cases) {
    const faults = judge({ ...wish, profile: "train", training: { ...asked, ...given } }, { ...iris, training: its }, rules);
    assert.deepEqual(faults.map((fault) => fault.key), keys, JSON.stringify(given));
  }
});

test("bounds as people say them", () => {
  const told = (...constraints: Record<string, Value>[]): string[] => boundsOf({ type: "float", description: "", required: true, constraints }).map(({ key, a, b }) => `${key} ${a} ${b}`.trim());
  assert.deepEqual(told({ greater_or_equal: 1 }, { less_than: 9 }), ["least 1 greater_or_equal", "below 9 less_than"]);
  assert.deepEqual(told({ pattern: "x" }, { greater_or_equal: 1 }, { less_or_equal: 9 }), ["between 1 9", "pattern x pattern"]);
  assert.deepEqual(told({ in_range: [0, "UNBOUNDED"] }, { in_range: [1, 5] }), ["least 0", "between 1 5"]);
  assert.deepEqual(told({ valid_values: ["s", "m"] }, { odd: 1 }), ["one_of s, m valid_values", "another 1 odd"]);
});

test("only what keeps a file from passing is no hint", () => {
  const hints = judge({ ...wish, inputs, owner: "", version: "^2.0.0" }, { ...iris, deprecated: true }, rules);
  assert.equal(hints.length, 3);
  assert.ok(hints.every((fault) => fault.hint));
});
