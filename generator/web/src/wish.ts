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
  /** What is asked of a training; null where it is none. */
  training: Training | null;
}

/** What a training may take, when it ends early, and what becomes of what it made. */
export interface Training {
  /** Name by which its script knows data -> a data set of the catalog; empty for the module's own. */
  data: Record<string, string>;
  time: string;
  cost: string;
  disk: string;
  retries: string;
  /** How often it is begun again when its place was taken away; empty for as often as that happens. */
  capacity: string;
  metric: string;
  patience: string;
  mode: string;
  nan: boolean;
  propose: string;
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

/** An amount of memory or disk with its unit, which is GiB where only a number was typed; empty for none. */
function sized(text: string): string {
  const size = numeric(text);
  return typeof size === "string" ? size : size ? `${size}GiB` : "";
}

/** What a wish says of a training alone. */
function asked({ data, time, cost, disk, retries, capacity, metric, patience, mode, nan, propose }: Training): Document {
  const other = Object.entries(data).filter(([, dataset]) => dataset);
  const parts: Record<string, Document> = {
    data: Object.fromEntries(other.map(([name, dataset]) => [name, { dataset }])),
    limits: { ...(time.trim() && { time: time.trim() }), ...(cost.trim() && { cost: numeric(cost) }), ...(sized(disk) && { disk: sized(disk) }) },
    retries: {
      ...(retries.trim() && numeric(retries) !== 0 && { module: numeric(retries) }),
      ...(capacity.trim() && { capacity: numeric(capacity) }),
    },
    stop: { ...(metric.trim() && { metric: metric.trim() }), ...(patience.trim() && { patience: numeric(patience) }), ...(mode && { mode }), ...(!nan && { nan }) },
  };
  const found: Document = Object.fromEntries(Object.entries(parts).filter(([, part]) => Object.keys(part).length));
  return propose === "better" ? found : { ...found, propose };
}

/** The file's content; `types` are those of the topology's inputs. */
export function document(wish: Wish, types: Record<string, string> = {}): Document {
  const found: Document = { apiVersion: "deepcat/v1", module: wish.module, version: wish.version.trim() || "*", profile: wish.profile };
  const inputs = Object.entries(wish.inputs).filter(([, text]) => text.trim());
  if (inputs.length) found.inputs = Object.fromEntries(inputs.map(([name, text]) => [name, typed(text, types[name] ?? "string")]));
  if (wish.training) Object.assign(found, asked(wish.training));
  const count = numeric(wish.count);
  if (count !== "" && count !== 0) {
    found.accelerator = {
      count,
      ...(wish.model && { models: [wish.model] }),
      ...(sized(wish.memory) && { memory: sized(wish.memory) }),
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
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i;

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
export function link(forge: string, gitlab: boolean, { name, module, training }: Pick<Wish, "name" | "module" | "training">, content: string): string {
  const path = `deployments/${name}.yaml`;
  const message = training ? `Train ${module}` : `Deploy ${module}`;
  const query = new URLSearchParams(gitlab ? { file_name: path, content, commit_message: message } : { filename: path, value: content, message });
  return `${forge}?${query}`;
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export function isName(text: string): boolean {
  return NAME.test(text);
}
