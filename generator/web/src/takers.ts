// Which offers could take a deployment, from the matcher's answers for common requests. Pure.
import { numeric, type Wish } from "./wish.ts";

/** The matcher's answers, as `/api/v1/match.json` gives them. */
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
  memory: string;
  count: string;
}

function asked(text: string): number {
  const value = numeric(text);
  return typeof value === "number" ? value : 0;
}

/** The table's key for a request: the largest of its own that asks no more than this one. */
export function keyOf(table: Table, wish: Wish): string {
  const [count, memory] = [asked(wish.count), asked(wish.memory)];
  if (count <= 0) return "0";
  const most = (values: number[], value: number): number => values.filter((each) => each <= value).at(-1) ?? values[0]!;
  return `${most(table.counts, count)}/${wish.model || most(table.memories, memory)}`;
}

export function rows(table: Table, wish: Wish, words: Words): { taken: Row[]; refused: Row[] } {
  const answer = table.answers[keyOf(table, wish)] ?? { ranked: [], rejected: [] };
  const taken: Row[] = [];
  const refused: Row[] = [];
  for (const at of answer.ranked) {
    const reasons = against(table, at, wish, words);
    (reasons.length ? refused : taken).push(rowOf(table, at, reasons));
  }
  for (const [at, ...reasons] of answer.rejected) {
    refused.push(rowOf(table, at!, reasons.map((reason) => table.reasons[reason] ?? "")));
  }
  return { taken, refused };
}

/** What of the wish an offer does not meet, though it meets the table's request. */
function against(table: Table, at: number, wish: Wish, words: Words): string[] {
  const [cloud, , price, count, , each] = table.offers[at]!;
  const profiles = table.clouds[cloud]?.profiles ?? [];
  const most = numeric(wish.price);
  const reasons: string[] = [];
  if (wish.clouds.length && !wish.clouds.includes(cloud)) reasons.push(words.cloud);
  if (typeof most === "number" && price > most) reasons.push(words.price.replace("{price}", String(most)));
  if (profiles.length && !profiles.includes(wish.profile)) reasons.push(words.profile.replace("{profile}", wish.profile));
  if (asked(wish.count) > 0 && count < asked(wish.count)) reasons.push(words.count.replace("{n}", String(count)));
  if (asked(wish.count) > 0 && each < asked(wish.memory) * 1024) reasons.push(words.memory.replace("{n}", String(Math.round(each / 102.4) / 10)));
  return reasons;
}

function rowOf(table: Table, at: number, reasons: string[]): Row {
  const [cloud, shape, price, count, accelerator] = table.offers[at]!;
  return { cloud, shape, price, what: count ? `${count} × ${accelerator}` : "", reasons };
}
