// The catalogue: what the reader asks, in the address; what is found, as cards.
import { card } from "./card.ts";
import { engine, summaries, words } from "./data.ts";
import { find, h } from "./dom.ts";
import type { Answer, Engine, Sort } from "./engine.ts";
import { Facets, valueWords } from "./facets.ts";
import { moveInGrid } from "./keys.ts";
import { PAGE, isPlain, read, toggle, write, type State } from "./state.ts";
import { say } from "./i18n.ts";

class Catalogue {
  private state: State;
  private engine: Engine | undefined;
  private facets: Facets | undefined;
  private round = 0;
  private typing = false;
  private readonly input = find<HTMLInputElement>("#q")!;
  private readonly sort = find<HTMLSelectElement>("#sort")!;
  private readonly cards = find<HTMLUListElement>(".results .cards")!;
  private readonly count = find<HTMLElement>("#count")!;
  private readonly note = find<HTMLElement>("#note")!;
  private readonly chips = find<HTMLElement>("#chips")!;
  private readonly more = find<HTMLButtonElement>("#more")!;

  constructor(private readonly keys: string[]) {
    this.state = read(location.search, keys);
    this.listen();
    this.intoForm();
    if (!isPlain(this.state)) void this.run();
    else this.whenCalm(() => void this.run());
  }

  private listen(): void {
    this.input.form?.addEventListener("submit", (event) => event.preventDefault());
    this.input.addEventListener("input", () => this.type());
    this.sort.addEventListener("change", () => {
      this.go({ ...this.state, sort: this.sort.value as Sort, shown: PAGE });
    });
    this.more.addEventListener("click", () => {
      const at = this.cards.children.length;
      void this.go({ ...this.state, shown: this.state.shown + PAGE }, "replace").then(() => {
        this.cards.children[at]?.querySelector("a")?.focus();
      });
    });
    addEventListener("popstate", () => {
      this.state = read(location.search, this.keys);
      this.typing = false;
      this.intoForm();
      void this.run();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") {
        event.preventDefault();
        this.cards.querySelector("a")?.focus();
      }
    });
    const facets = find(".facets")!;
    const button = find<HTMLButtonElement>(".facets-toggle")!;
    button.addEventListener("click", () => {
      button.setAttribute("aria-expanded", String(facets.classList.toggle("open")));
    });
    this.cards.addEventListener("keydown", (event) => moveInGrid(event, this.cards, this.input));
  }

  /** Without a wish the page as built is right; fetch once the reader begins, or the page is calm. */
  private whenCalm(begin: () => void): void {
    let begun = false;
    const once = (): void => {
      if (!begun) begin();
      begun = true;
    };
    for (const kind of ["pointerover", "focusin", "touchstart"]) {
      find(".catalog")?.addEventListener(kind, once, { once: true, passive: true });
    }
  }

  private type(): void {
    const state = { ...this.state, text: this.input.value, shown: PAGE };
    void this.go(state, this.typing ? "replace" : "push");
    this.typing = true;
  }

  private intoForm(): void {
    this.input.value = this.state.text;
    this.sort.value = this.state.sort;
  }

  private async go(state: State, how: "push" | "replace" = "push"): Promise<void> {
    this.state = state;
    const address = location.pathname + write(state);
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    if (how === "push") this.typing = false;
    await this.run();
  }

  private async run(): Promise<void> {
    const round = ++this.round;
    try {
      this.engine ??= await engine();
    } catch {
      this.note.textContent = say("catalog.offline");
      return;
    }
    this.facets ??= new Facets(find(".facets .list")!, this.engine.columns, (key, value) => {
      void this.go(toggle(this.state, key, value));
    });
    if (round !== this.round) return;
    this.show(this.engine.run(this.state));
    const found = await words(this.state.text, this.engine.columns);
    if (round !== this.round) return;
    const answer = this.engine.run(this.state, found);
    this.show(answer);
    await this.fill(answer, round);
  }

  private show(answer: Answer): void {
    const { columns } = this.engine!;
    const hits = answer.hits.slice(0, this.state.shown);
    const kept = new Map([...this.cards.children].map((row) => [(row as HTMLElement).dataset.name, row]));
    this.cards.replaceChildren(...hits.map(
      (module) => kept.get(columns.names[module]!) ?? card(columns, module)));
    this.count.textContent = say(answer.hits.length === 1 ? "catalog.one" : "catalog.many", {
      n: answer.hits.length.toLocaleString("en"),
    });
    this.note.textContent = this.words(answer);
    this.more.hidden = answer.hits.length <= this.state.shown;
    this.showChips();
    this.facets!.show(this.state, answer);
    performance.mark("deepcat-results");
  }

  private words(answer: Answer): string {
    if (!answer.hits.length) return say("catalog.nothing");
    return [...answer.taken].map(([from, to]) => say("catalog.taken", { from, to })).join(" ");
  }

  private showChips(): void {
    const chips = [...this.state.chosen].flatMap(([key, values]) => [...values].map((value) => {
      const words = valueWords(key, value);
      const chip = h("button", { type: "button", class: "chip", "aria-label": say("facet.drop", { value: words }) }, words);
      chip.addEventListener("click", () => void this.go(toggle(this.state, key, value)));
      return chip;
    }));
    if (chips.length > 1) {
      const none = h("button", { type: "button", class: "chip chip-all" }, say("facet.clear"));
      none.addEventListener("click", () => void this.go({ ...this.state, chosen: new Map(), shown: PAGE }));
      chips.push(none);
    }
    this.chips.replaceChildren(...chips);
  }

  /** Put the summaries into the cards that have none yet. */
  private async fill(answer: Answer, round: number): Promise<void> {
    const { columns } = this.engine!;
    const bare = answer.hits.slice(0, this.state.shown).filter((module) => {
      const row = this.cards.querySelector(`[data-name="${CSS.escape(columns.names[module]!)}"]`);
      return row && !row.querySelector(".card-text")?.textContent;
    });
    if (!bare.length) return;
    const texts = await summaries(bare.map((module) => columns.names[module]!), columns.shards);
    if (round !== this.round) return;
    for (const module of bare) {
      const name = columns.names[module]!;
      const summary = texts.get(name);
      const row = this.cards.querySelector(`[data-name="${CSS.escape(name)}"]`);
      if (!summary || !row) continue;
      row.querySelector(".card-text")!.textContent = summary[0];
      row.querySelector(".card-name span + span")!.textContent = summary[1];
    }
  }
}

const root = find<HTMLElement>(".catalog");
if (root) new Catalogue((root.dataset.keys ?? "").split(" "));
