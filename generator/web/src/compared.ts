// Modules side by side, as lines of a table. Pure. Mirrors deepcat_site/views/compared.py.
import { say } from "./i18n.ts";
import type { Deployment } from "./ask.ts";
import type { Sample, Signature, Tensor } from "./signature.ts";
import { fileSize, memory, price } from "./units.ts";

export interface Metric {
  dataset: string;
  split: string;
  value: number;
  better: "higher" | "lower" | "";
  label: string;
  words: string;
  interval: string;
  key: string;
}

export interface Document {
  name: string;
  title: string;
  summary: string;
  version: string;
  license: string;
  updated: string;
  tasks: string[];
  data_types: string[];
  libraries: string[];
  gpu_memory_MB: number;
  running: number;
  size: number | null;
  proved: string;
  prices: { cloud: string; shape: string; price_hour: number }[];
  resources: { inference?: Record<string, number> };
  model: { signature: Record<string, Signature> } | null;
  samples: Sample[];
  metrics: Metric[];
  deployments: Deployment[];
}

export interface Cell {
  words: string;
  best?: boolean;
}

export interface Line {
  label: string;
  more: string;
  cells: Cell[];
}

export interface Group {
  title: string;
  lines: Line[];
}

const DEFAULT = "serving_default";

/** The signature that is called where a request names none, else the first. */
export function signatureOf(doc: Document): [name: string, signature: Signature] | undefined {
  const rows = Object.entries(doc.model?.signature ?? {});
  return rows.find(([name]) => name === DEFAULT) ?? rows[0];
}

function needs(doc: Document): string {
  const given = doc.resources.inference ?? {};
  const gpu = doc.gpu_memory_MB;
  const known = given.cpu || given.memory_MB;
  const chip = gpu > 0 ? say("card.gpu_of", { n: memory(gpu) }) : gpu ? say("card.gpu") : say(known ? "card.cpu" : "card.no_needs");
  return [chip, given.memory_MB ? memory(given.memory_MB) : ""].filter(Boolean).join(", ");
}

function about(docs: Document[]): Line[] {
  const line = (key: string, of: (doc: Document) => string): Line =>
    ({ label: say(key), more: "", cells: docs.map((doc) => ({ words: of(doc) })) });
  return [
    line("compare.does", (doc) => doc.summary),
    line("compare.version", (doc) => doc.version),
    line("compare.updated", (doc) => doc.updated),
    line("card.license", (doc) => doc.license || say("card.no_license")),
    line("card.size", (doc) => doc.model ? doc.size === null ? say("card.no_size") : fileSize(doc.size) : ""),
    line("card.needs", needs),
    line("compare.tasks", (doc) => doc.tasks.join(", ")),
    line("compare.data", (doc) => doc.data_types.join(", ")),
    line("compare.libraries", (doc) => doc.libraries.join(", ")),
    line("card.proved", (doc) => doc.proved),
    line("card.runs", (doc) => doc.running ? say("card.run_now", { n: doc.running }) : ""),
  ];
}

/** The best of a metric's values, where several modules have one and they differ. */
export function best(row: readonly (Metric | undefined)[]): number | undefined {
  const known = row.filter((each) => each !== undefined);
  const values = known.map((each) => each.value);
  if (new Set(values).size < 2 || known.some((each) => !each.better)) return undefined;
  return known[0]!.better === "lower" ? Math.min(...values) : Math.max(...values);
}

function measured(docs: Document[]): Line[] {
  const rows = new Map<string, (Metric | undefined)[]>();
  docs.forEach((doc, at) => {
    for (const each of doc.metrics) {
      const row = rows.get(each.key) ?? docs.map(() => undefined);
      row[at] ??= each;
      rows.set(each.key, row);
    }
  });
  const gaps = (row: (Metric | undefined)[]): number => row.filter((each) => !each).length;
  return [...rows.values()].sort((a, b) => gaps(a) - gaps(b)).map((row) => {
    const first = row.find(Boolean)!;
    const top = best(row);
    const better = first.better ? say(`metric.${first.better}`) : "";
    return {
      label: first.label,
      more: [first.dataset, first.split, better].filter(Boolean).join(", "),
      cells: row.map((each) => !each ? { words: "" } : {
        words: each.words + (each.interval ? ` (${each.interval})` : ""),
        ...(each.value === top && { best: true }),
      }),
    };
  });
}

function prices(docs: Document[], currency: string): Line[] {
  const clouds = new Set(docs.flatMap((doc) => doc.prices.map((each) => each.cloud)));
  return [...clouds].map((cloud) => ({
    label: cloud,
    more: "",
    cells: docs.map((doc) => {
      const found = doc.prices.find((each) => each.cloud === cloud);
      if (!found) return { words: say("compare.no_room") };
      const hour = found.price_hour ? price(found.price_hour, currency) : say("compare.free");
      return { words: found.shape ? `${hour} (${found.shape})` : hour };
    }),
  }));
}

function tensors(docs: Document[], part: "inputs" | "outputs"): Line {
  const sizes = (tensor: Tensor): string => (tensor.shape ?? []).map((size) => size < 0 ? "?" : size).join(" × ") || "scalar";
  const one = ([name, tensor]: [string, Tensor]): string => `${name} ${tensor.dtype ?? ""} ${sizes(tensor)}`;
  return {
    label: say(`compare.${part}`),
    more: "",
    cells: docs.map((doc) => ({ words: Object.entries(signatureOf(doc)?.[1][part] ?? {}).map(one).join("\n") })),
  };
}

/** The whole table; a line that says nothing is left out, and so is a group without lines. */
export function table(docs: Document[], currency: string): Group[] {
  const groups: [key: string, lines: Line[]][] = [
    ["about", about(docs)],
    ["measured", measured(docs)],
    ["prices", prices(docs, currency)],
    ["signature", [tensors(docs, "inputs"), tensors(docs, "outputs")]],
  ];
  return groups
    .map(([key, lines]) => ({ title: say(`compare.${key}`), lines: lines.filter((line) => line.cells.some((cell) => cell.words)) }))
    .filter((group) => group.lines.length);
}

/** Whether what one model takes can be given to another: as many inputs, alike one by one. */
export function takesTheSame(one: Signature, other: Signature): boolean {
  const rows = [one, other].map((each) => Object.entries(each.inputs ?? {}));
  const [mine, theirs] = [rows[0]!, rows[1]!];
  const alike = (a: Tensor, b: Tensor): boolean =>
    a.dtype === b.dtype && String((a.shape ?? []).slice(1)) === String((b.shape ?? []).slice(1));
  return one.method === other.method && mine.length === theirs.length && mine.length > 0
    && mine.every(([name, tensor], i) => alike(tensor, theirs[i]![1]) && (mine.length === 1 || name === theirs[i]![0]));
}
