// The page of a module's trainings: sorted by what they came to, some of them side by side.
import { all as every, find, h, svg } from "./dom.ts";
import { language, say } from "./i18n.ts";
import { axes, ends, ordered, share, sides, ticks, type Listed, type Point, type Side } from "./plotted.ts";

const form = find<HTMLFormElement>("#trainings");
const out = find<HTMLElement>("#together");
const MOST = 6;
const BADGES: Record<string, string> = { running: "live", ended: "ok", failed: "bad", lost: "bad", stopped: "warn", waiting: "warn" };
const [WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM] = [640, 240, 62, 12, 10, 26];

let fetched: Promise<Listed | undefined> | undefined;
const curves = new Map<string, Promise<Record<string, Point[]> | undefined>>();

async function get<T>(address: string): Promise<T | undefined> {
  return fetch(address).then((response) => response.ok ? response.json() as Promise<T> : undefined).catch(() => undefined);
}

function list(): Promise<Listed | undefined> {
  return fetched ??= get<Listed>(form!.dataset.src!);
}

function curvesOf(id: string): Promise<Record<string, Point[]> | undefined> {
  if (!curves.has(id)) curves.set(id, get(`${form!.dataset.here!}/${id}/curves.json`));
  return curves.get(id)!;
}

function number(value: number): string {
  return value.toLocaleString(language, { maximumSignificantDigits: 5 });
}

function words(value: string | number | null): string {
  return value === null ? "–" : typeof value === "number" ? number(value) : value;
}

let chosen: string[] = [];

async function together(): Promise<void> {
  const mine = [...chosen];
  history.replaceState(null, "", mine.length ? `?compare=${mine.join(",")}` : location.pathname);
  for (const box of every<HTMLInputElement>("input[name=compare]", form!)) {
    box.checked = chosen.includes(box.value);
    box.disabled = !box.checked && chosen.length >= MOST;
  }
  if (mine.length < 2) return out!.replaceChildren();
  const all = await list();
  const told = await Promise.all(mine.map(curvesOf));
  if (mine.join() !== chosen.join()) return; // whoever chose again sees what was chosen last
  if (!all) return out!.replaceChildren(h("p", { class: "note" }, say("trainings.offline")));
  const { inputs, metrics } = sides(all, mine);
  const names = [...new Set(told.flatMap((each) => Object.keys(each ?? {})))];
  out!.replaceChildren(
    h("h2", {}, say("trainings.together", { n: mine.length })),
    table([...inputs, ...metrics], mine),
    ...names.map((name) => h("figure", { class: "curve-of" },
      h("figcaption", { dir: "auto" }, name), plot(name, told.map((each) => each?.[name] ?? []), mine))),
    ...(mine.length > 2 ? [coordinates(all, mine)] : []).filter((each): each is HTMLElement => !!each));
}

function table(rows: Side[], ids: string[]): HTMLElement {
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": say("trainings.together", { n: ids.length }) }, h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("trainings.what")),
      ...ids.map((id, n) => h("th", { scope: "col", class: "mono" }, key(n), " ", id)))),
    h("tbody", {}, ...rows.map(({ name, differs, values }) => h("tr", { class: differs ? "differs" : undefined },
      h("th", { scope: "row", dir: "auto" }, name, differs ? h("span", { class: "sr" }, ` (${say("trainings.differs")})`) : null),
      ...values.map((value) => h("td", { class: "mono", dir: "auto" }, words(value))))))));
}

function key(n: number): SVGElement {
  return svg("svg", { class: "curve-key", viewBox: "0 0 20 8", "aria-hidden": "true" },
    svg("line", { class: `curve-line line-${n}`, x1: 1, x2: 19, y1: 4, y2: 4 }));
}

function plot(name: string, lines: Point[][], ids: string[]): SVGElement {
  const points = lines.flat();
  const [across, up] = [ends(points.map(([step]) => step)), ends(points.map(([, value]) => value))];
  const x = (step: number): number => LEFT + share(step, across) * (WIDE - LEFT - RIGHT);
  const y = (value: number): number => HIGH - BOTTOM - share(value, up) * (HIGH - TOP - BOTTOM);
  const label = `${name}: ${ids.map((id, n) => `${id} ${words(lines[n]!.at(-1)?.[1] ?? null)}`).join(", ")}`;
  return svg("svg", { class: "curve", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label },
    ...ticks(up).flatMap((tick) => [
      svg("line", { class: "curve-grid", x1: LEFT, x2: WIDE - RIGHT, y1: y(tick), y2: y(tick) }),
      svg("text", { class: "curve-tick", x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, number(tick))]),
    ...[...new Set(across)].map((step, n) => svg("text",
      { class: "curve-tick", x: x(step), y: HIGH - 8, "text-anchor": n ? "end" : "start" }, number(step))),
    ...lines.map((line, n) => svg("polyline",
      { class: `curve-line line-${n}`, points: line.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ") })));
}

/** Each training as a line through all that differs among them. */
function coordinates(all: Listed, ids: string[]): HTMLElement | null {
  const found = axes(all, ids).slice(0, 8);
  if (found.length < 2) return null;
  const x = (n: number): number => LEFT + n / (found.length - 1) * (WIDE - 2 * LEFT);
  const y = (each: number): number => HIGH - BOTTOM - each * (HIGH - 2 * BOTTOM - TOP);
  const label = say("trainings.coordinates", { n: ids.length });
  return h("figure", { class: "curve-of" }, h("figcaption", {}, label), svg("svg",
    { class: "curve", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label },
    ...found.flatMap((axis, n) => [
      svg("line", { class: "curve-grid", x1: x(n), x2: x(n), y1: y(0), y2: y(1) }),
      svg("text", { class: "curve-tick", x: x(n), y: 12, "text-anchor": "middle" }, axis.name.slice(0, 16)),
      svg("text", { class: "curve-tick", x: x(n), y: 27, "text-anchor": "middle" }, number(axis.ends[1])),
      svg("text", { class: "curve-tick", x: x(n), y: HIGH - 8, "text-anchor": "middle" }, number(axis.ends[0]))]),
    ...ids.map((_, line) => svg("polyline", { class: `curve-line line-${line}`, points: found
      .map((axis, n) => [n, axis.values[line] ?? null, axis.ends] as const)
      .filter((each): each is readonly [number, number, [number, number]] => each[1] !== null)
      .map(([n, value, its]) => `${x(n).toFixed(1)},${y(share(value, its)).toFixed(1)}`).join(" ") }))));
}

let down = true;

/** All trainings by one column, of which the page shows as many as before. */
async function sort(head: HTMLTableCellElement, name: string, kind: "metrics" | "inputs"): Promise<void> {
  const all = await list();
  if (!all) return;
  down = head.ariaSort !== "descending";
  for (const each of every<HTMLTableCellElement>("th[aria-sort]", form!)) each.removeAttribute("aria-sort");
  head.ariaSort = down ? "descending" : "ascending";
  const body = find("tbody", form!)!;
  const shown = new Map(every<HTMLTableRowElement>("tr", body).map((row) => [find<HTMLInputElement>("input", row)!.value, row]));
  const [metrics, inputs] = [named("metrics"), named("inputs")];
  const rows = ordered(all, name, kind, down).slice(0, 50).map((n) => shown.get(all.id[n]!) ?? made(all, n, metrics, inputs));
  body.replaceChildren(...rows);
  find(".pages", form!)?.remove();
  void together();
}

function named(kind: "metrics" | "inputs"): string[] {
  return every<HTMLTableCellElement>(`th[data-kind=${kind}]`, form!).map((head) => head.dataset.name!);
}

function made(all: Listed, n: number, metrics: string[], inputs: string[]): HTMLTableRowElement {
  const id = all.id[n]!;
  const seconds = all.seconds[n];
  return h("tr", {},
    h("td", {}, h("label", { class: "tick" }, h("input", { type: "checkbox", name: "compare", value: id }))),
    h("th", { scope: "row" }, h("a", { class: "mono", href: `${form!.dataset.here!}/${id}/` }, id)),
    h("td", {}, h("span", { class: `badge badge-${BADGES[all.state[n]!] ?? "plain"}` }, say(`trainings.states.${all.state[n]!}`))),
    h("td", {}, (all.began[n] ?? "").slice(0, 16).replace("T", " ") || "–"),
    h("td", { class: "num" }, seconds === null || seconds === undefined ? "–" : `${number(seconds)} s`),
    ...metrics.map((name) => h("td", { class: "num" }, words(all.metrics[name]?.[n] ?? null))),
    ...inputs.map((name) => h("td", { class: "mono", dir: "auto" }, words(all.inputs[name]?.[n] ?? null))));
}

if (form && out) {
  chosen = (new URLSearchParams(location.search).get("compare") ?? "").split(",").filter((id) => /^[0-9a-f]{12}$/.test(id)).slice(0, MOST);
  form.addEventListener("change", (event) => {
    const box = event.target as HTMLInputElement;
    if (box.name !== "compare") return;
    chosen = box.checked ? [...chosen, box.value].slice(0, MOST) : chosen.filter((id) => id !== box.value);
    void together();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const head of every<HTMLTableCellElement>("th[data-kind]", form)) {
    const { name, kind } = head.dataset as { name: string; kind: "metrics" | "inputs" };
    head.replaceChildren(h("button", { type: "button", class: "sort", title: say("trainings.by", { name }), onclick: () => void sort(head, name, kind) }, name));
  }
  if (chosen.length) void together();
}
