// The quick search of the header and of the home page: the best few while typing.
import { iconFor, hue, valuesOf } from "./card.ts";
import { titles } from "./cards.ts";
import { titleOf } from "./columns.ts";
import { engine, look } from "./data.ts";
import { base, h, icon } from "./dom.ts";
import { say } from "./i18n.ts";
import { reasons } from "./rank.ts";
import { elsewhere } from "./why.ts";

const FEW = 6;

export class Quick {
  private readonly list = h("ul", { class: "quick", role: "listbox", "aria-label": say("quick.label") });
  private at = -1;
  private round = 0;

  constructor(
    private readonly input: HTMLInputElement,
    /** What is done with a module that is chosen; without it, its page opens. */
    private readonly take?: (name: string) => void,
  ) {
    this.list.id = `${input.id}-list`;
    this.list.hidden = true;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.list.id);
    input.setAttribute("aria-autocomplete", "list");
    (input.closest(".field") ?? input.parentElement!).append(this.list);
    input.addEventListener("focus", () => void engine().catch(() => undefined));
    input.addEventListener("input", () => void this.type());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
  }

  private async type(): Promise<void> {
    const round = ++this.round;
    const text = this.input.value;
    this.mark(-1);
    if (!text.trim()) {
      this.close();
      return;
    }
    const found = await engine().catch(() => undefined);
    if (!found || round !== this.round) return;
    const asked = await look(text, found.columns);
    if (round !== this.round) return;
    const answer = found.run({ text, chosen: new Map(), sort: "relevance" }, asked, FEW);
    const { columns } = found;
    const rows = answer.hits.map((module, i) => {
      const name = columns.names[module]!;
      const row = h("li", { role: "option", id: `${this.list.id}-${i}`, "aria-selected": "false", "data-name": name, "data-to": `${base()}/modules/${name}/` },
        h("span", { class: `tile tile-small hue-${hue(name)}` }, icon(iconFor(valuesOf(columns, "data", module)))),
        h("span", { class: "quick-title" }, titleOf(name)),
        h("span", { class: "quick-name" }, name),
        h("span", { class: "quick-why" }, ...elsewhere(reasons(asked?.terms ?? [], module, columns.fields))));
      row.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        this.open(row);
      });
      return row;
    });
    if (!rows.length) {
      rows.push(h("li", { role: "option", "aria-selected": "false", class: "quick-none" }, say("quick.none")));
    } else if (!this.take) {
      const all = h("li", { role: "option", id: `${this.list.id}-all`, "aria-selected": "false", class: "quick-all",
        "data-to": `${base()}/modules/?q=${encodeURIComponent(text.trim())}` },
      say("quick.results", { n: answer.found }));
      all.addEventListener("pointerdown", () => location.assign(all.dataset.to!));
      rows.push(all);
    }
    // Whoever was quicker with an arrow than this answer keeps what was chosen, if it is still there.
    const chosen = (this.list.children[this.at] as HTMLElement | undefined)?.dataset.to;
    this.list.replaceChildren(...rows);
    this.mark(chosen ? rows.findIndex((row) => row.dataset.to === chosen) : -1);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const known = await titles(answer.hits.map((module) => columns.names[module]!), columns.shards);
    for (const row of rows) {
      const title = known.get(row.dataset.name ?? "");
      if (title) row.querySelector(".quick-title")!.textContent = title;
    }
  }

  /** Choose a row by its number, or none. */
  private mark(at: number): void {
    this.at = at;
    [...this.list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
    const row = this.list.children[at];
    if (row?.id) this.input.setAttribute("aria-activedescendant", row.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  private key(event: KeyboardEvent): void {
    const rows = [...this.list.children] as HTMLElement[];
    if (event.key === "Escape") this.close();
    if (this.list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const from = event.key === "ArrowDown" ? this.at + 1 : Math.max(this.at, 0) - 1;
      this.mark((from + rows.length) % rows.length);
    }
    const chosen = rows[this.at];
    if (event.key === "Enter" && chosen?.dataset.to) {
      event.preventDefault();
      this.open(chosen);
    }
  }

  private open(row: HTMLElement): void {
    if (this.take && row.dataset.name) {
      this.take(row.dataset.name);
      this.close();
    } else {
      location.assign(row.dataset.to!);
    }
  }

  private close(): void {
    this.list.hidden = true;
    this.mark(-1);
    this.input.setAttribute("aria-expanded", "false");
  }
}
