import { files } from "./page.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Document } from "../src/compared.ts";
import { Together } from "../src/together.ts";

const signature = (shape: number[]) => ({
  serving_default: { method: "predict", inputs: { x: { dtype: "float32", shape: [-1, ...shape] } }, outputs: { y: { dtype: "float32", shape: [-1] } } },
});
const doc = (name: string, shape: number[], rest = ""): Document => ({
  name, title: `The ${name}`, summary: "", version: "1.0.0", license: "", updated: "", tasks: [], data_types: [], libraries: [],
  gpu_memory_MB: 0, running: 0, size: 1, proved: "", prices: [], resources: {}, metrics: [], model: { signature: signature(shape) },
  samples: [{ name: "first", method: "predict", request: { instances: [[1, 2]] }, response: { predictions: [7] } }],
  deployments: rest ? [{ name: `${name}-now`, status: "running", rest }] : [],
});
const asked: [url: string, body: string][] = [];
const before = globalThis.fetch;
globalThis.fetch = async (address, options) => {
  if (!options?.body) return before(address, options);
  asked.push([String(address), String(options.body)]);
  return Response.json({ predictions: [String(address).includes("one") ? 11 : 22] });
};
const settled = async (done: () => boolean): Promise<void> => {
  for (let round = 0; round < 500 && !done(); round++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(done());
};

test("one input goes to all that run and take it; of the others the stored answer stands", async () => {
  files.clear();
  const root = document.createElement("section");
  document.body.append(root);
  new Together(root, [doc("one", [2], "http://one.example"), doc("two", [2], "http://two.example"), doc("asleep", [2]), doc("other", [3], "http://other.example")]);
  const out = root.querySelector<HTMLElement>(".together-answers")!;
  await settled(() => out.dataset.able === "2");
  const text = (name: string): string => out.querySelector(`[data-name="${name}"]`)!.textContent!;
  assert.match(text("one"), /compare\.stored.*7/);
  assert.match(text("other"), /compare\.other_input.*7/);
  root.querySelector<HTMLInputElement>(".tryit-numbers input")!.value = "5";
  root.querySelector("form")!.dispatchEvent(new Event("submit", { cancelable: true }));
  await settled(() => text("two").includes("22"));
  assert.match(text("one"), /compare\.answered_by.*11/);
  assert.match(text("asleep"), /try\.nowhere.*7/);
  assert.match(text("other"), /compare\.other_input.*7/);
  assert.deepEqual(asked.map(([url]) => url), ["http://one.example/v1/models/one:predict", "http://two.example/v1/models/two:predict"]);
  assert.deepEqual(asked.map(([, body]) => JSON.parse(body)), Array(2).fill({ instances: [[5, 2]] }));
});
