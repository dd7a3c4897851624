// A deployment as the wizard knows it: which offers could take it, and the file that asks for it. Pure.

export interface Wish {
  name: string;
  module: string;
  version: string;
  profile: string;
  count: number;
  memory: number;
  model: string;
  clouds: string[];
  maxPrice: number | null;
  prefer: string;
  lifetime: string;
  owner: string;
}

/** The matcher's answers for common requests, as `/api/v1/match.json` gives them. */
export interface Table {
  memories: number[];
  counts: number[];
  models: string[];
  /** cloud, shape, price per hour, accelerators, accelerator, MiB of each, CPUs, MiB. */
  offers: [string, string, number, number, string, number, number, number][];
  clouds: Record<string, { profiles: string[] }>;
  reasons: string[];
  /** Key of a request -> offers that take it, best first, and numbers of [offer, reasons …] that do not. */
  answers: Record<string, { ranked: number[]; rejected: number[][] }>;
}

export interface Row {
  cloud: string;
  shape: string;
  price: number;
  what: string;
  reasons: string[];
}

export interface Words {
  cloud: string;
  price: string;
  profile: string;
}

/** The table's key for a request; the memory is brought up to the next one in the table. */
export function keyOf(table: Table, wish: Wish): string {
  if (!wish.count) return "0";
  const count = table.counts.find((each) => each >= wish.count) ?? table.counts.at(-1)!;
  if (wish.model) return `${count}/${wish.model}`;
  const memory = table.memories.find((each) => each >= wish.memory) ?? table.memories.at(-1)!;
  return `${count}/${memory}`;
}

export function rows(table: Table, wish: Wish, words: Words): { taken: Row[]; refused: Row[] } {
  const answer = table.answers[keyOf(table, wish)] ?? { ranked: [], rejected: [] };
  const taken: Row[] = [];
  const refused: Row[] = [];
  for (const at of answer.ranked) {
    const row = rowOf(table, at, []);
    const reasons: string[] = [];
    if (wish.clouds.length && !wish.clouds.includes(row.cloud)) reasons.push(words.cloud);
    if (wish.maxPrice !== null && row.price > wish.maxPrice) reasons.push(words.price.replace("{price}", String(wish.maxPrice)));
    const profiles = table.clouds[row.cloud]?.profiles ?? [];
    if (profiles.length && !profiles.includes(wish.profile)) reasons.push(words.profile.replace("{profile}", wish.profile));
    (reasons.length ? refused : taken).push({ ...row, reasons });
  }
  for (const [at, ...reasons] of answer.rejected) {
    refused.push(rowOf(table, at!, reasons.map((reason) => table.reasons[reason] ?? "")));
  }
  return { taken, refused };
}

function rowOf(table: Table, at: number, reasons: string[]): Row {
  const [cloud, shape, price, count, accelerator] = table.offers[at]!;
  return { cloud, shape, price, what: count ? `${count} × ${accelerator}` : "", reasons };
}

const PLAIN = /^[A-Za-z][A-Za-z0-9 ._/-]*$/;
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i;

function scalar(value: string | number): string {
  if (typeof value === "number") return String(value);
  return PLAIN.test(value) && !WORDS.test(value) ? value : JSON.stringify(value);
}

export function yaml(wish: Wish): string {
  const lines = ["apiVersion: deepcat/v1", `module: ${scalar(wish.module)}`, `version: ${scalar(wish.version)}`, `profile: ${wish.profile}`];
  if (wish.count) {
    lines.push("accelerator:", `  count: ${wish.count}`);
    if (wish.model) lines.push(`  models: [${scalar(wish.model)}]`);
    else if (wish.memory) lines.push(`  memory: ${wish.memory}GiB`);
  }
  const bounds: string[] = [];
  if (wish.clouds.length) bounds.push(`  clouds: [${wish.clouds.map(scalar).join(", ")}]`);
  if (wish.maxPrice !== null) bounds.push(`  max_price: ${wish.maxPrice}`);
  if (wish.prefer !== "price") bounds.push(`  prefer: ${wish.prefer}`);
  if (bounds.length) lines.push("placement:", ...bounds);
  if (wish.lifetime) lines.push(`lifetime: ${wish.lifetime}`);
  if (wish.owner) lines.push(`owner: ${scalar(wish.owner.replace(/^@/, ""))}`);
  return `${lines.join("\n")}\n`;
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export function isName(text: string): boolean {
  return NAME.test(text);
}

/** The forge's page that makes a new file, with this one in it. */
export function link(forge: string, gitlab: boolean, wish: Wish): string {
  const path = `deployments/${wish.name}.yaml`;
  const query = new URLSearchParams(gitlab
    ? { file_name: path, content: yaml(wish), commit_message: `Deploy ${wish.module}` }
    : { filename: path, value: yaml(wish), message: `Deploy ${wish.module}` });
  return `${forge}?${query}`;
}
