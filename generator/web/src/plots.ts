// Pictures of trainings: one metric over its steps, and all that differs among some of them.
import { h, svg } from "./dom.ts";
import { language, say } from "./i18n.ts";
import { axes, ends, isLogarithmic, share, span, ticks, type Listed, type Point } from "./plotted.ts";

const [WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM] = [640, 240, 62, 12, 10, 26];
export const BADGES: Record<string, string> = { running: "live", ended: "ok", failed: "bad", lost: "bad", stopped: "warn", pruned: "warn", waiting: "warn" };

export async function get<T>(address: string): Promise<T | undefined> {
  return fetch(address).then((response) => response.ok ? response.json() as Promise<T> : undefined).catch(() => undefined);
}

export function number(value: number): string {
  const size = Math.abs(value);
  const notation = size && (size < 1e-4 || size >= 1e9) ? "scientific" : "standard";
  return value.toLocaleString(language, { maximumSignificantDigits: 5, notation }).replace("E", "e");
}

export function words(value: string | number | null): string {
  return value === null ? "–" : typeof value === "number" ? number(value) : value;
}

/** One metric of some trainings, a line each. */
export function plot(name: string, lines: Point[][], ids: string[]): SVGElement {
  const points = lines.flat();
  const [across, values] = [ends(points.map(([step]) => step)), points.map(([, value]) => value)];
  const logarithmic = isLogarithmic(values);
  const scaled = logarithmic ? Math.log10 : Number;
  const up = span(values, logarithmic);
  const x = (step: number): number => LEFT + share(step, across) * (WIDE - LEFT - RIGHT);
  const y = (value: number): number => HIGH - BOTTOM - share(scaled(value), [scaled(up[0]), scaled(up[1])]) * (HIGH - TOP - BOTTOM);
  const label = `${name}: ${ids.map((id, n) => `${id} ${words(lines[n]!.at(-1)?.[1] ?? null)}`).join(", ")}`;
  return svg("svg", { class: "curve", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label },
    ...ticks(up, logarithmic).flatMap((tick) => [
      svg("line", { class: "curve-grid", x1: LEFT, x2: WIDE - RIGHT, y1: y(tick), y2: y(tick) }),
      svg("text", { class: "curve-tick", x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, number(tick))]),
    ...[...new Set(across)].map((step, n) => svg("text",
      { class: "curve-tick", x: x(step), y: HIGH - 8, "text-anchor": n ? "end" : "start" }, number(step))),
    ...lines.map((line, n) => svg("polyline",
      { class: `curve-line line-${n}`, points: line.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ") })),
    ...lines.flatMap((line, n) => line.slice(-1).map(([step, value]) => svg("circle", { class: `curve-dot line-${n}`, cx: x(step), cy: y(value), r: 3.5 }))));
}

/** Each training as a line through all that differs among them; of many the first alone stands out. */
export function coordinates(all: Listed, ids: string[]): HTMLElement | null {
  const found = axes(all, ids).slice(0, 8);
  if (found.length < 2) return null;
  const x = (n: number): number => LEFT + n / (found.length - 1) * (WIDE - 2 * LEFT);
  const y = (each: number): number => HIGH - BOTTOM - each * (HIGH - 2 * BOTTOM - TOP);
  const label = say("trainings.coordinates", { n: ids.length });
  return h("figure", { class: "curve-of" }, h("figcaption", {}, label), svg("svg",
    { class: "curve curve-all", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label },
    ...found.flatMap((axis, n) => [
      svg("line", { class: "curve-grid", x1: x(n), x2: x(n), y1: y(0), y2: y(1) }),
      svg("text", { class: "curve-tick", x: x(n), y: 12, "text-anchor": "middle" }, svg("title", {}, axis.name),
        axis.name.length > 18 ? `${axis.name.slice(0, 17)}…` : axis.name),
      svg("text", { class: "curve-tick", x: x(n), y: 27, "text-anchor": "middle" }, number(axis.ends[1])),
      svg("text", { class: "curve-tick", x: x(n), y: HIGH - 8, "text-anchor": "middle" }, number(axis.ends[0]))]),
    ...(ids.length > 6 ? ids.map((_, line) => line).reverse() : ids.map((_, line) => line)).map((line) => svg("polyline", { class: `curve-line line-${ids.length > 6 && line ? "trial" : line}`, points: found
      .map((axis, n) => [n, axis.values[line] ?? null, axis.ends] as const)
      .filter((each): each is readonly [number, number, [number, number]] => each[1] !== null)
      .map(([n, value, its]) => `${x(n).toFixed(1)},${y(share(value, its)).toFixed(1)}`).join(" ") },
    svg("title", {}, [ids[line], ...found.map((axis) => `${axis.name} ${words(axis.values[line] ?? null)}`)].join(", "))))));
}

