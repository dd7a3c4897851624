// The page of a module's versions: any two of them side by side, as the address says.
import { differences, type Facts, type Row } from "./differences.ts";
import { find, h } from "./dom.ts";
import { say } from "./i18n.ts";
import { blocksOf, changes, type Change, type Texts } from "./texts.ts";

const form = find<HTMLFormElement>("#any-two");
const out = find<HTMLElement>("#differences");

function select(name: string): HTMLSelectElement {
  return form!.elements.namedItem(name) as HTMLSelectElement;
}

function cell(value: string, tag: "del" | "ins"): HTMLElement {
  return h("td", { dir: "auto" }, value ? h(tag, {}, value) : "–");
}

async function fetched<T>(address: string | undefined): Promise<T | undefined> {
  return fetch(address!).then((response) => response.ok ? response.json() as Promise<T> : undefined).catch(() => undefined);
}

async function compare(): Promise<void> {
  const [from, to] = [select("from").value, select("to").value];
  history.replaceState(null, "", `?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}${location.hash}`);
  const known = await fetched<Record<string, Facts>>(form!.dataset.src);
  if (!known) return out!.replaceChildren(h("p", { class: "note" }, say("versions.offline")));
  let rows = differences(known[from] ?? {}, known[to] ?? {});
  let texts: Change[] = [];
  if (rows.some(({ kind }) => kind === "readme")) {
    const all = await fetched<Texts>(form!.dataset.texts);
    const [before, after] = [all && blocksOf(all, from), all && blocksOf(all, to)];
    if (before && after) {
      rows = rows.filter(({ kind }) => kind !== "readme");
      texts = changes(before, after);
    }
  }
  // Whoever chose again meanwhile sees what was chosen last.
  if (from !== select("from").value || to !== select("to").value) return;
  const shown = [rows.length ? table(rows, from, to) : null, texts.length ? written(texts) : null].filter((each) => !!each);
  out!.replaceChildren(...(shown.length ? shown : [h("p", { class: "muted" }, say("versions.same"))]));
}

function table(rows: Row[], from: string, to: string): HTMLElement {
  return h("div", { class: "scroll" }, h("table", { class: "differences" },
    h("thead", {}, h("tr", {}, ...[say("versions.what"), from, to].map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", {}, ...rows.map((row) => h("tr", {},
      h("th", { scope: "row" }, h("span", { class: "tag" }, say(`versions.kinds.${row.kind}`)), " ", h("span", { dir: "auto" }, row.name)),
      cell(row.before, "del"), cell(row.after, "ins"))))));
}

const TAGS = { gone: "del", new: "ins" } as const;

function written(texts: Change[]): HTMLElement {
  return h("div", { class: "text-changes" }, h("h2", {}, say("versions.kinds.readme")), ...texts.map(({ how, parts, number }) => how === "skipped"
    ? h("p", { class: "skipped" }, say("versions.skipped", { n: number }))
    : h("p", { class: `block block-${how}` }, h("code", { dir: "auto" },
      ...parts.map((part) => part.how === "same" ? part.text : h(TAGS[part.how], {}, part.text))))));
}

if (form && out) {
  const asked = new URLSearchParams(location.search);
  for (const name of ["from", "to"]) {
    const wanted = asked.get(name);
    if (wanted && [...select(name).options].some((option) => option.value === wanted)) select(name).value = wanted;
  }
  form.addEventListener("change", () => void compare());
  form.addEventListener("submit", (event) => event.preventDefault());
  if (asked.has("from")) void compare();
}
