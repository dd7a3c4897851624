// A deployment as the wizard knows it, and the file that asks for it. Pure.

/** What was typed and chosen, as it was: nothing is dropped, what cannot be is said by `judge`. */
export interface Wish {
  name: string;
  module: string;
  version: string;
  profile: string;
  count: string;
  memory: string;
  model: string;
  clouds: string[];
  price: string;
  prefer: string;
  lifetime: string;
  owner: string;
  inputs: Record<string, string>;
}

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Document = Record<string, Value>;

/** A number where the text is one, else the text as it was typed. */
export function numeric(text: string): number | string {
  const plain = text.trim().replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : text.trim();
}

/** An input's value, of the type that its topology declares. */
export function typed(text: string, type: string): Value {
  const plain = text.trim();
  if (type === "integer" || type === "float") return numeric(plain);
  if (type === "boolean") return plain === "true" ? true : plain === "false" ? false : plain;
  if (type === "list" || type === "map" || type === "range") {
    try {
      return JSON.parse(plain) as Value;
    } catch {
      return plain;
    }
  }
  return plain;
}

/** The file's content; `types` are those of the topology's inputs. */
export function document(wish: Wish, types: Record<string, string> = {}): Document {
  const found: Document = { apiVersion: "deepcat/v1", module: wish.module, version: wish.version.trim() || "*", profile: wish.profile };
  const inputs = Object.entries(wish.inputs).filter(([, text]) => text.trim());
  if (inputs.length) found.inputs = Object.fromEntries(inputs.map(([name, text]) => [name, typed(text, types[name] ?? "string")]));
  const count = numeric(wish.count);
  if (count !== "" && count !== 0) {
    const memory = numeric(wish.memory);
    found.accelerator = {
      count,
      ...(wish.model && { models: [wish.model] }),
      ...(memory !== "" && memory !== 0 && { memory: typeof memory === "number" ? `${memory}GiB` : memory }),
    };
  }
  const placement: Document = {};
  if (wish.clouds.length) placement.clouds = wish.clouds;
  if (wish.price.trim()) placement.max_price = numeric(wish.price);
  if (wish.prefer !== "price" || wish.clouds.length > 1) placement.prefer = wish.prefer;
  if (Object.keys(placement).length) found.placement = placement;
  if (wish.lifetime.trim()) found.lifetime = wish.lifetime.trim();
  if (wish.owner.trim()) found.owner = wish.owner.trim().replace(/^@/, "");
  return found;
}

const PLAIN = /^[A-Za-z][A-Za-z0-9 ._/-]*[A-Za-z0-9]$|^[A-Za-z]$|^\d+(\.\d+)?(s|m|h|d|w|[kMGT]i?B)$/;
const WORDS = /^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i;

function scalar(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(scalar).join(", ")}]`;
  if (typeof value === "object" && value !== null) return `{${Object.entries(value).map(([key, item]) => `${scalar(key)}: ${scalar(item)}`).join(", ")}}`;
  return typeof value === "string" && PLAIN.test(value) && !WORDS.test(value) ? value : JSON.stringify(value);
}

export function yaml(content: Document): string {
  const lines = Object.entries(content).flatMap(([key, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? [`${key}:`, ...Object.entries(value).map(([inner, item]) => `  ${scalar(inner)}: ${scalar(item)}`)]
      : [`${key}: ${scalar(value)}`]);
  return `${lines.join("\n")}\n`;
}

/** The forge's page that makes a new file, with this one in it. */
export function link(forge: string, gitlab: boolean, name: string, module: string, content: string): string {
  const path = `deployments/${name}.yaml`;
  const query = new URLSearchParams(gitlab
    ? { file_name: path, content, commit_message: `Deploy ${module}` }
    : { filename: path, value: content, message: `Deploy ${module}` });
  return `${forge}?${query}`;
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export function isName(text: string): boolean {
  return NAME.test(text);
}
