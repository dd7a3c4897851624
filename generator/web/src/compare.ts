// The page that compares modules of the reader's choice: a table, and one input for all of them.
import { Together } from "./together.ts";
import { cards } from "./cards.ts";
import { table, type Document } from "./compared.ts";
import { base, find, h } from "./dom.ts";
import { Quick } from "./quick.ts";
import { samplesOf } from "./signature.ts";
import { MOST, ticked, withTick, withTicked } from "./ticked.ts";
import { say } from "./i18n.ts";

async function fetched(name: string): Promise<Document | undefined> {
  try {
    const response = await fetch(`${base()}/api/v1/modules/${name}.json`);
    if (!response.ok) return undefined;
    const text = await response.text();
    return { ...JSON.parse(text) as Document, samples: samplesOf(text) };
  } catch {
    return undefined;
  }
}

class Comparison {
  private names: string[] = ticked(location.search);
  private round = 0;
  private readonly known = new Map<string, Promise<Document | undefined>>();
  private readonly add = h("input", { type: "search", id: "compare-add", autocomplete: "off", spellcheck: "false" });
  private readonly note = h("p", { class: "note", role: "status", hidden: true });
  private readonly out = h("div", {});
  private readonly together = h("section", { class: "together" });

  constructor(private readonly root: HTMLElement) {
    root.replaceChildren(
      h("div", { class: "form-row compare-add" }, h("label", { for: this.add.id }, say("compare.add")), h("div", { class: "field" }, this.add)),
      this.note, this.out, this.together);
    new Quick(this.add, (name) => {
      this.add.value = "";
      this.take(withTick(this.names, name, true));
    });
    addEventListener("popstate", () => {
      this.names = ticked(location.search);
      void this.show();
    });
    void this.show();
  }

  private take(names: string[]): void {
    this.names = names;
    history.pushState(null, "", location.pathname + withTicked(location.search, names));
    void this.show();
  }

  private async show(): Promise<void> {
    const round = ++this.round;
    const found = await Promise.all(this.names.map((name) => {
      if (!this.known.has(name)) this.known.set(name, fetched(name));
      return this.known.get(name)!;
    }));
    const shown = await cards(this.names, Number(this.root.dataset.shards));
    if (round !== this.round) return;
    const docs = found.filter((doc) => doc !== undefined);
    const lost = this.names.filter((_, i) => !found[i]);
    const words = lost.length ? say("compare.lost", { names: lost.join(", ") })
      : docs.length < 2 ? say("compare.choose") : docs.length >= MOST ? say("compare.full", { n: MOST }) : "";
    this.note.textContent = words;
    this.note.hidden = !words;
    this.add.disabled = docs.length >= MOST;
    this.out.replaceChildren(...docs.length ? [this.table(docs, shown)] : []);
    this.together.replaceChildren();
    if (docs.length) new Together(this.together, docs);
    this.root.dataset.ready = String(docs.length);
  }

  private table(docs: Document[], shown: Map<string, HTMLLIElement>): HTMLElement {
    const groups = table(docs, this.root.dataset.currency ?? "");
    const head = docs.map((doc) => {
      const drop = h("button", { type: "button", class: "chip chip-all" }, say("compare.drop"), h("span", { class: "sr" }, ` ${doc.title}`));
      drop.addEventListener("click", () => {
        this.take(withTick(this.names, doc.name, false));
        this.add.focus();
      });
      return h("th", { scope: "col", "data-name": doc.name }, find(".look", shown.get(doc.name) ?? undefined) ?? null,
        h("a", { href: `${base()}/modules/${doc.name}/`, dir: "auto" }, doc.title), drop);
    });
    const bodies = groups.map((group) => h("tbody", {},
      h("tr", { class: "group" }, h("th", { colspan: docs.length + 1, scope: "rowgroup" }, group.title)),
      ...group.lines.map((line) => h("tr", {},
        h("th", { scope: "row", dir: "auto" }, line.label, line.more ? h("small", {}, line.more) : null),
        ...line.cells.map((cell) => h("td", { dir: "auto" },
          ...cell.best ? [h("strong", {}, cell.words), " ", h("span", { class: "best" }, say("compare.best"))] : [cell.words || "–"]))))));
    return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": say("compare.title") },
      h("table", { class: "compared" }, h("thead", {}, h("tr", {}, h("td", {}), ...head)), ...bodies));
  }
}

const root = find<HTMLElement>("#compare");
if (root) new Comparison(root);
