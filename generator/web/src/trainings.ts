// The page of a module's trainings: sorted by what they came to, some of them side by side.
import { all as every, find, h, svg } from "./dom.ts";
import { say } from "./i18n.ts";
import { ordered, sides, trials, type Listed, type Point, type Side } from "./plotted.ts";
import { BADGES, coordinates, get, number, plot, words } from "./plots.ts";

const form = find<HTMLFormElement>("#trainings");
const out = find<HTMLElement>("#together");
const MOST = 6;

let fetched: Promise<Listed | undefined> | undefined;
const curves = new Map<string, Promise<Record<string, Point[]> | undefined>>();

function list(): Promise<Listed | undefined> {
  return fetched ??= get<Listed>(form!.dataset.src!);
}

function curvesOf(id: string): Promise<Record<string, Point[]> | undefined> {
  if (!curves.has(id)) curves.set(id, get(`${form!.dataset.here!}/${id}/curves.json`));
  return curves.get(id)!;
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
    h("ul", { class: "curve-keys" }, ...mine.map((id, n) => h("li", { class: "mono" }, key(n), " ", id))),
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

const TRIALS = 200;

/** All trainings of a sweep, the best first, and a line for each. */
async function sweep(name: string): Promise<void> {
  const all = await list();
  if (!all) return out!.replaceChildren(h("p", { class: "note" }, say("trainings.offline")));
  const [metric, higher] = all.by && Object.hasOwn(all.by, name) ? all.by[name]! : ["", true];
  const at = trials(all, name, metric, higher).slice(0, TRIALS);
  if (!at.length) return;
  const ids = at.map((n) => all.id[n]!);
  const { inputs, metrics } = sides(all, ids);
  const shown = [...metrics.filter((each) => each.name === metric), ...inputs.filter((each) => each.differs),
    ...metrics.filter((each) => each.name !== metric)].slice(0, 9);
  const heading = say("trainings.sweep", { name });
  out!.replaceChildren(
    h("h2", { dir: "auto" }, heading),
    ...[coordinates(all, ids)].filter((each): each is HTMLElement => !!each),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": heading }, h("table", {},
      h("thead", {}, h("tr", {}, h("td"), ...shown.map((each) => h("th", { scope: "col", dir: "auto" }, each.name)))),
      h("tbody", {}, ...ids.map((id, row) => h("tr", {},
        h("th", { scope: "row" }, h("a", { class: "mono", href: `${form!.dataset.here!}/${id}/` }, id), " ", state(all.state[at[row]!]!)),
        ...shown.map(({ values }) => h("td", { class: "mono", dir: "auto" }, words(values[row]!)))))))));
  out!.scrollIntoView();
}

function state(name: string): HTMLElement {
  return h("span", { class: `badge badge-${BADGES[name] ?? "plain"}` }, say(`trainings.states.${name}`));
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
    h("td", {}, h("label", { class: "tick" }, h("input", { type: "checkbox", name: "compare", value: id }), h("span", { class: "sr" }, say("trainings.compare", { id })))),
    h("th", { scope: "row" }, h("a", { class: "mono", href: `${form!.dataset.here!}/${id}/` }, id)),
    h("td", {}, state(all.state[n]!)),
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
  const wanted = new URLSearchParams(location.search).get("sweep");
  if (wanted) void sweep(wanted);
  else if (chosen.length) void together();
}
