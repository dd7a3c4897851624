import assert from "node:assert/strict";
import { test } from "node:test";
import { Float, parse, stringify } from "../src/exact.ts";
import { blank, bodyOf, fieldsOf, samplesOf, scaleOf, valuesOf, withRequest, type Sample, type Signature, type Tensor } from "../src/signature.ts";

function predict(inputs: Record<string, Tensor>): Signature {
  return { method: "predict", inputs };
}

function sample(request: Sample["request"], method = "predict"): Sample {
  return { name: "one", method, request, response: {} };
}

function kind(tensor: Tensor, types: string[] = [], name = "x"): string {
  return fieldsOf("serving_default", predict({ [name]: tensor }), [], types)[0]!.kind;
}

test("a field for each input, as its type and shape ask", () => {
  assert.equal(kind({ dtype: "float32", shape: [-1] }), "number");
  assert.equal(kind({ dtype: "float32", shape: [-1, 4] }), "numbers");
  assert.equal(kind({ dtype: "float32", shape: [-1, 400] }), "json");
  assert.equal(kind({ dtype: "float32", shape: [-1, -1] }), "json");
  assert.equal(kind({ dtype: "bool", shape: [-1] }), "truth");
  assert.equal(kind({ dtype: "string", shape: [-1] }), "text");
  assert.equal(kind({ dtype: "string", shape: [-1, 2] }), "json");
  assert.equal(kind({ dtype: "string", shape: [-1] }, [], "image_bytes"), "file");
  assert.equal(kind({ dtype: "string", shape: [-1], description: "a PNG" }, ["Image"]), "file");
  assert.equal(kind({ dtype: "float32", shape: [-1, 8, 8] }, ["Image"]), "drawing");
  assert.equal(kind({ dtype: "float32", shape: [-1, 8, 8] }, ["Tabular"]), "json");
  assert.equal(kind({ dtype: "float32", shape: [-1, 28, 28, 1] }, ["Image"]), "drawing");
  assert.equal(kind({ dtype: "uint8", shape: [-1, 32, 48, 3] }, ["Image"]), "pixels");
  assert.equal(kind({ dtype: "float32", shape: [-1, 72, 3] }, ["Time Series"]), "json");
});

test("classify and regress take the features of the samples", () => {
  const samples = [sample({ signature_name: "r", examples: [{ x: 1, word: "a", list: [1] }] }, "regress")];
  const fields = fieldsOf("r", { method: "regress" }, samples, []);
  assert.deepEqual(fields.map((field) => [field.name, field.kind]), [["x", "number"], ["word", "text"], ["list", "json"]]);
  assert.deepEqual(fieldsOf("other", { method: "regress" }, samples, []), []);
});

test("pictures keep the range of the samples", () => {
  assert.equal(scaleOf([sample({ instances: [[[0, 0.5]]] })], "x", true), 1);
  assert.equal(scaleOf([sample({ instances: [[[0, 13]]] })], "x", true), 16);
  assert.equal(scaleOf([sample({ instances: [{ x: [[200]], y: [[999]] }] })], "x", false), 255);
  assert.equal(scaleOf([sample({ inputs: { x: [[[4000]]] } })], "x", false), 4000);
});

test("a sample fills the form, and the form gives it back", () => {
  const signature = predict({ a: { shape: [-1] }, b: { shape: [-1, 2] } });
  const row = { a: 1, b: [2, 3] };
  for (const request of [{ instances: [row] }, { inputs: { a: [1], b: [[2, 3]] } }]) {
    const fields = fieldsOf("serving_default", signature, [], []);
    const values = valuesOf(sample(request), fields);
    assert.deepEqual(bodyOf("serving_default", "predict", fields, values), { instances: [row] });
  }
});

test("a single input needs no name, unless the sample gives it one", () => {
  const fields = fieldsOf("serving_default", predict({ x: { shape: [-1, 2] } }), [], []);
  for (const request of [{ instances: [[1, 2]] }, { instances: [{ x: [1, 2] }] }, { inputs: [[1, 2]] }]) {
    const values = valuesOf(sample(request), fields);
    assert.deepEqual(bodyOf("serving_default", "predict", fields, values), { instances: [[1, 2]] });
  }
  assert.equal(valuesOf(sample({ instances: [] }), fields).size, 0);
});

test("other signatures and methods say their name", () => {
  const fields = fieldsOf("r", { method: "regress" }, [sample({ signature_name: "r", examples: [{ x: 1 }] }, "regress")], []);
  assert.deepEqual(bodyOf("r", "regress", fields, new Map([["x", 5]])), { signature_name: "r", examples: [{ x: 5 }] });
});

test("floats of examples stay floats, integers integers", () => {
  const text = '{"samples":[{"name":"a","method":"regress","request":{"signature_name":"r","context":{"n":3},"examples":[{},{"x":1.0,"w":[2.0,1e3]}]}}]}';
  const samples = samplesOf(text);
  assert.equal(stringify(samples[0]!.request), '{"signature_name":"r","context":{"n":3},"examples":[{},{"x":1.0,"w":[2.0,1000.0]}]}');
  const fields = fieldsOf("r", { method: "regress" }, samples, []);
  assert.deepEqual(fields.map((field) => [field.name, field.kind, field.dtype]), [["n", "number", "int64"], ["x", "number", "float32"], ["w", "json", "string"]]);
  assert.deepEqual(valuesOf(samples[0]!, fields), new Map([["n", 3]]));
  const body = bodyOf("r", "regress", fields, new Map<string, unknown>([["n", 4], ["x", 5], ["w", [new Float(1)]]]));
  assert.equal(stringify(body), '{"signature_name":"r","examples":[{"n":4,"x":5.0,"w":[1.0]}]}');
});

test("what is written is read again, whatever is in its strings", () => {
  for (const text of ['{"a":"1.0 \\" 2.0","b":[-0.5,1e-7,0,-3,"\\\\"],"c":null,"d":true}', '"x"', "1.5", "[]", "-2.0"]) {
    assert.equal(stringify(parse(text)), text);
  }
  assert.throws(() => parse('{"a": 1.}'), SyntaxError);
  assert.throws(() => parse("{"), SyntaxError);
});

test("without a sample there is a request to begin with", () => {
  assert.deepEqual(blank("r", { method: "regress" }), { signature_name: "r", examples: [{}] });
  assert.deepEqual(blank("serving_default", predict({ x: { shape: [-1, 2] } })), { instances: [[0, 0]] });
  const many = predict({ s: { dtype: "string", shape: [-1] }, b: { dtype: "bool", shape: [-1] }, wide: { shape: [-1, 5000, -1] } });
  assert.deepEqual(blank("other", many), { signature_name: "other", instances: [{ s: "", b: false, wide: [[0]] }] });
});

test("a long request lies by itself, and comes with its floats", () => {
  const text = JSON.stringify({ samples: [
    { name: "a", method: "regress", signature: "r", request_at: "https://example.org/api/v1/modules/m/samples/1.request.json", response: {} },
    { name: "b", method: "predict", signature: "serving_default", request: { instances: [1] }, response: {} },
  ] });
  const [long, short] = samplesOf(text);
  assert.deepEqual(long, { name: "a", method: "regress", response: {}, request: { signature_name: "r" }, file: "1.request.json" });
  assert.deepEqual(short, { name: "b", method: "predict", response: {}, request: { instances: [1] } });
  const whole = withRequest(long!, '{"signature_name": "r", "examples": [{"x": 1.0}]}');
  assert.ok(!("file" in whole));
  assert.equal(stringify(whole.request), '{"signature_name":"r","examples":[{"x":1.0}]}');
  assert.deepEqual(withRequest(short!, '{"instances": [2]}').request, { instances: [2] });
});
