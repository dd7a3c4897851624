// A model's answer as elements.
import type { Shown } from "./answer.ts";
import { number, share } from "./answer.ts";
import { h, svg } from "./dom.ts";
import { paint } from "./chosen.ts";
import { say } from "./i18n.ts";

const [WIDTH, HEIGHT] = [560, 170];

function lines(shown: Extract<Shown, { kind: "series" }>): Element {
  const values = shown.lines.flatMap(([, line]) => line);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (i: number, n: number): number => 8 + (i / Math.max(n - 1, 1)) * (WIDTH - 16);
  const y = (value: number): number => HEIGHT - 12 - ((value - low) / (high - low || 1)) * (HEIGHT - 24);
  return h("figure", { class: "series" },
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": shown.title },
      ...shown.lines.map(([, line], i) => svg("polyline", {
        class: `line line-${i % 4}`, points: line.map((value, k) => `${x(k, line.length).toFixed(1)},${y(value).toFixed(1)}`).join(" "),
      }))),
    h("figcaption", {}, ...shown.lines.map(([name], i) => h("span", { class: `key key-${i % 4}` }, name)),
      h("span", { class: "muted" }, say("try.range", { low: number(low), high: number(high) }))));
}

function element(shown: Shown): Element {
  switch (shown.kind) {
    case "classes":
      return h("ul", { class: "class-bars", "aria-label": shown.title }, ...shown.rows.map(([label, score]) => h("li", {},
        h("span", {}, label),
        h("meter", { min: 0, max: 1, value: Math.min(Math.max(score, 0), 1), "aria-label": label }),
        h("span", { class: "num" }, share(score)))));
    case "picture":
      return h("img", { src: `data:${shown.type};base64,${shown.base64}`, alt: shown.title });
    case "pixels": {
      const canvas = h("canvas", { role: "img", "aria-label": shown.title });
      const most = shown.rows.flat(2).reduce((a, b) => Math.max(a, b), 0);
      paint(canvas, shown.rows, most > 1 ? 255 : 1);
      return canvas;
    }
    case "series":
      return lines(shown);
    case "facts":
      return h("dl", { class: "answer-facts" }, ...shown.rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: "mono" }, value))));
  }
}

type Facts = Extract<Shown, { kind: "facts" }>;

/** Many instances that are told by the same values each: a row for each instance. */
function table(parts: Facts[]): HTMLElement {
  const names = parts[0]!.rows.map(([name]) => name);
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": say("try.answers") }, h("table", { class: "answer-table" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "num" }, "#"), ...names.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...parts.map((part, i) => h("tr", {}, h("th", { scope: "row", class: "num" }, String(i + 1)),
      ...part.rows.map(([, value]) => h("td", { class: "mono" }, value)))))));
}

function isTable(parts: Shown[][]): boolean {
  const keys = parts.map(([part, ...rest]) => part?.kind === "facts" && !rest.length ? part.rows.map(([name]) => name).join("\n") : "");
  return parts.length > 1 && keys.every((key) => key && key === keys[0]);
}

/** What a model was asked: the body as it was sent, and copies of its pictures. */
export interface Sent {
  body: string;
  pictures: Element[];
}

function long(words: string, text: string): HTMLElement {
  return h("details", {}, h("summary", {}, words),
    h("pre", { tabindex: 0 }, h("code", {}, text.length > 20_000 ? `${text.slice(0, 20_000)}…` : text)));
}

/** What was answered, part by part. */
export function answers(parts: Shown[][]): HTMLElement[] {
  if (isTable(parts)) return [table(parts.flat() as Facts[])];
  return parts.map((part) => h("div", { class: "answer-part" }, ...part.map(element)));
}

export function result(parts: Shown[][], raw: unknown, milliseconds: number, sent: Sent): HTMLElement {
  return h("div", { class: "answer" },
    h("h3", {}, say("try.answer", { ms: Math.round(milliseconds) })),
    ...answers(parts),
    sent.pictures.length ? h("figure", { class: "answer-sent" }, ...sent.pictures, h("figcaption", {}, say("try.sent"))) : null,
    long(say("try.sent_body"), sent.body),
    long(say("try.raw"), JSON.stringify(raw, null, 1)));
}
