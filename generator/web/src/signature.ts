// From a model's signature and samples to a form's fields, and from the form to a request. Pure.
import { Float, parse } from "./exact.ts";
import type { How } from "./stroke.ts";

export interface Tensor {
  dtype?: string;
  shape?: number[];
  description?: string;
}

export interface Signature {
  method: string;
  inputs?: Record<string, Tensor>;
  outputs?: Record<string, Tensor>;
}

export interface Sample {
  name: string;
  method: string;
  request: Body;
  response: unknown;
  /** How a picture becomes its input. */
  preprocessing?: How;
  /** Where a long request lies, which is not here yet: a name beside the module's document. */
  file?: string;
}

/** A sample as the module's document has it: of a long request it holds the address alone. */
interface Written extends Omit<Sample, "request" | "file"> {
  signature: string;
  request?: Body;
  request_at?: string;
}

export interface Body {
  signature_name?: string;
  instances?: unknown[];
  inputs?: unknown;
  context?: Record<string, unknown>;
  examples?: Record<string, unknown>[];
}

export type Kind = "number" | "numbers" | "text" | "truth" | "file" | "drawing" | "pixels" | "json";

export interface Field {
  name: string;
  about: string;
  kind: Kind;
  dtype: string;
  /** Without the batch's dimension. */
  shape: number[];
  /** The largest value of drawn or loaded pictures: 1, 16, 255 … */
  scale: number;
  /** How a picture that is drawn or chosen becomes the value. */
  how: How;
}

const MANY_NUMBERS = 40;
const DEFAULT = "serving_default";

export function nameOf(body: Body): string {
  return body.signature_name ?? DEFAULT;
}

/** Samples of the module's document, with the floats of examples as they were written. */
export function samplesOf(text: string): Sample[] {
  const { samples } = JSON.parse(text) as { samples: Written[] };
  const exact = (parse(text) as { samples: Written[] }).samples;
  return samples.map(({ name, method, signature, request, request_at, response, preprocessing }, i) => ({
    name, method, response, ...(preprocessing && { preprocessing }),
    request: (request?.examples ? exact[i]!.request : request) ?? { signature_name: signature },
    ...(request_at && { file: request_at.slice(request_at.lastIndexOf("/") + 1) }),
  }));
}

/** A sample with its long request, from the text of its file. */
export function withRequest(sample: Sample, text: string): Sample {
  const { file: _, ...rest } = sample;
  const request = JSON.parse(text) as Body;
  return { ...rest, request: request.examples ? parse(text) as Body : request };
}

/** One value of a request for each field, from a sample; nothing where it cannot be told. */
export function valuesOf(sample: Sample, fields: Field[]): Map<string, unknown> {
  const values = new Map<string, unknown>();
  const { instances, inputs, examples, context } = sample.request;
  const first = instances?.[0] ?? (examples && { ...context, ...examples[0] });
  for (const field of fields) {
    let value: unknown;
    if (first !== undefined) value = fields.length === 1 && !isRecordOf(first, field.name) ? first : (first as Record<string, unknown>)[field.name];
    else if (isRecordOf(inputs, field.name)) value = (inputs[field.name] as unknown[])?.[0];
    else if (Array.isArray(inputs)) value = inputs[0];
    if (value !== undefined) values.set(field.name, value);
  }
  return values;
}

function isRecordOf(value: unknown, key: string): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && key in value;
}

function flat(value: unknown): number[] {
  return Array.isArray(value) ? value.flatMap(flat) : typeof value === "number" ? [value] : [];
}

/** The largest value in the samples' pictures, rounded up to what pictures are kept in. */
export function scaleOf(samples: Sample[], name: string, alone: boolean): number {
  const values = samples.flatMap((sample) => {
    const { instances, inputs } = sample.request;
    const parts = instances ?? (isRecordOf(inputs, name) ? [inputs[name]] : [inputs]);
    return parts.flatMap((part) => flat(alone || !isRecordOf(part, name) ? part : part[name]));
  });
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  return [1, 16, 255].find((top) => most <= top) ?? most;
}

function kindOf(name: string, tensor: Tensor, shape: number[], pictures: boolean): Kind {
  const dtype = tensor.dtype ?? "float32";
  if (dtype === "string" || dtype === "bytes") {
    const bytes = /bytes|image|picture|photo|b64/i.test(name) || (pictures && /png|jpe?g/i.test(tensor.description ?? ""));
    return shape.length ? "json" : bytes ? "file" : "text";
  }
  if (dtype === "bool") return shape.length ? "json" : "truth";
  if (!shape.length) return "number";
  const [height, width, channels] = shape;
  const flatPicture = shape.length === 2 || (shape.length === 3 && channels === 1);
  if (pictures && flatPicture && height! > 1 && height === width) return "drawing";
  if (pictures && shape.length === 3 && (channels === 3 || channels === 1)) return "pixels";
  if (shape.length === 1 && height! > 0 && height! <= MANY_NUMBERS) return "numbers";
  return "json";
}

export function fieldsOf(
  name: string, signature: Signature, samples: Sample[], dataTypes: string[],
): Field[] {
  const mine = samples.filter((sample) => nameOf(sample.request) === name && sample.method === signature.method);
  if (signature.method !== "predict") return exampleFields(mine);
  const pictures = dataTypes.some((type) => /image|video|picture/i.test(type));
  const how = mine.find((sample) => sample.preprocessing)?.preprocessing ?? {};
  const inputs = Object.entries(signature.inputs ?? {});
  return inputs.map(([input, tensor]) => {
    const shape = (tensor.shape ?? []).slice(1);
    return {
      name: input,
      about: tensor.description ?? "",
      kind: kindOf(input, tensor, shape, pictures),
      dtype: tensor.dtype ?? "float32",
      shape,
      scale: scaleOf(mine, input, inputs.length === 1),
      how,
    };
  });
}

function exampleFields(samples: Sample[]): Field[] {
  const features = new Map<string, unknown>();
  for (const { request: { context, examples } } of samples) {
    for (const row of [context ?? {}, ...examples ?? []]) {
      for (const [name, value] of Object.entries(row)) features.set(name, value);
    }
  }
  return [...features].map(([name, value]) => ({
    name,
    about: "",
    kind: value instanceof Float || typeof value === "number" ? "number" : typeof value === "string" ? "text" : "json",
    dtype: value instanceof Float ? "float32" : typeof value === "number" ? "int64" : "string",
    shape: [],
    scale: 1,
    how: {},
  }));
}

/** The body to post for one instance. */
export function bodyOf(
  name: string, method: string, fields: Field[], values: Map<string, unknown>,
): Body {
  const body: Body = name === DEFAULT && method === "predict" ? {} : { signature_name: name };
  const row = Object.fromEntries(fields.map((field) => [field.name, values.get(field.name)]));
  if (method !== "predict") {
    const typed = fields.map(({ name, dtype }) => [name, dtype === "float32" ? new Float(Number(row[name])) : row[name]]);
    return { ...body, examples: [Object.fromEntries(typed)] };
  }
  return { ...body, instances: [fields.length === 1 ? row[fields[0]!.name] : row] };
}

function zeros(shape: number[], value: unknown): unknown {
  const [size, ...rest] = shape;
  if (size === undefined) return value;
  return Array.from({ length: size > 0 && size <= MANY_NUMBERS ? size : 1 }, () => zeros(rest, value));
}

/** A request to begin with where no sample shows one. */
export function blank(name: string, signature: Signature): Body {
  const body: Body = name === DEFAULT && signature.method === "predict" ? {} : { signature_name: name };
  if (signature.method !== "predict") return { ...body, examples: [{}] };
  const inputs = Object.entries(signature.inputs ?? {});
  const values = inputs.map(([input, tensor]): [string, unknown] => {
    const kind = tensor.dtype ?? "float32";
    const value = kind === "string" || kind === "bytes" ? "" : kind === "bool" ? false : 0;
    return [input, zeros((tensor.shape ?? []).slice(1), value)];
  });
  return { ...body, instances: [values.length === 1 ? values[0]![1] : Object.fromEntries(values)] };
}
