// The catalogue: what the reader asks, in the address; what is found, as cards.
import { card } from "./card.ts";
import { cards } from "./cards.ts";
import { engine, look, more } from "./data.ts";
import { all, base, find, h } from "./dom.ts";
import type { Answer, Engine, Sort } from "./engine.ts";
import { Facets, valueWords } from "./facets.ts";
import { moveInGrid } from "./keys.ts";
import type { Found } from "./lookup.ts";
import { reasons } from "./rank.ts";
import { PAGE, isPlain, read, toggle, unknown, write, type State } from "./state.ts";
import { ticked, withTicked } from "./ticked.ts";
import { say } from "./i18n.ts";
import { explain } from "./why.ts";

class Catalogue {
  private state: State;
  private engine: Engine | undefined;
  private asked: Found | undefined;
  private readonly facets: Facets;
  private round = 0;
  private typing = false;
  private opened = false;
  private readonly input = find<HTMLInputElement>("#q")!;
  private readonly sort = find<HTMLSelectElement>("#sort")!;
  private readonly cards = find<HTMLUListElement>(".results .cards")!;
  private readonly count = find<HTMLElement>("#count")!;
  private readonly note = find<HTMLElement>("#note")!;
  private readonly chips = find<HTMLElement>("#chips")!;
  private readonly more = find<HTMLButtonElement>("#more")!;

  constructor(private readonly keys: string[]) {
    this.state = read(location.search, keys);
    this.facets = new Facets(find(".facets .list")!, (key, value) => void this.go(toggle(this.state, key, value)), () => void this.run());
    for (const [key, value] of this.facets.ticked()) {
      if (!this.state.chosen.get(key)?.has(value)) this.state = toggle(this.state, key, value);
    }
    // What was typed before this ran.
    if (this.input.value) this.state = { ...this.state, text: this.input.value };
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
      const groups = all<HTMLDetailsElement>("details", facets);
      // On a narrow screen the first one is enough to begin with.
      if (button.ariaExpanded === "false" && !this.opened) groups.slice(1).forEach((group) => (group.open = false));
      this.opened = true;
      button.setAttribute("aria-expanded", String(facets.classList.toggle("open")));
    });
    this.share(find<HTMLButtonElement>("#share")!);
    this.cards.addEventListener("keydown", (event) => moveInGrid(event, this.cards, this.input));
  }

  private share(button: HTMLButtonElement): void {
    const words = button.querySelector("span")!;
    button.addEventListener("click", () => {
      void navigator.clipboard?.writeText(location.href).then(() => {
        words.textContent = say("share.done");
        setTimeout(() => (words.textContent = say("share.copy")), 1600);
      });
    });
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
    if (this.input.value !== this.state.text) this.input.value = this.state.text;
    this.sort.value = this.state.sort;
    this.facets.tick(this.state);
  }

  private async go(state: State, how: "push" | "replace" = "push"): Promise<void> {
    this.state = state;
    const address = location.pathname + withTicked(write(state), ticked(location.search));
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    if (how === "push") this.typing = false;
    await this.run();
  }

  private async run(): Promise<void> {
    const round = ++this.round;
    try {
      this.engine ??= await engine();
      if (this.wantsMore()) await more(this.engine.columns);
    } catch {
      this.note.textContent = say("catalog.offline");
      return;
    }
    if (round !== this.round) return;
    const asked = await look(this.state.text, this.engine.columns);
    if (round !== this.round) return;
    this.asked = asked;
    const modules = this.show(this.engine.run(this.state, asked, this.state.shown));
    await this.fill(round, modules);
  }

  /** Whether something is asked for that is fetched only then: an order, or a filter that was folded up. */
  private wantsMore(): boolean {
    const later = this.engine!.columns.facets.filter(({ known }) => !known).map(({ key }) => key);
    return this.state.sort !== "relevance" || later.some((key) => this.state.chosen.has(key) || this.facets.isOpen(key));
  }

  /** Show an answer; gives the numbers of the modules that are seen, by their names. */
  private show(answer: Answer): ReadonlyMap<string, number> {
    const { columns } = this.engine!;
    const { hits } = answer;
    const modules = new Map(hits.map((module) => [columns.names[module]!, module]));
    const names = [...modules.keys()];
    const rows = [...this.cards.children] as HTMLElement[];
    // What stands in its place stays there, so that nothing moves that need not.
    if (rows.length !== hits.length || rows.some((row, i) => row.dataset.name !== names[i])) {
      const kept = new Map(rows.map((row) => [row.dataset.name, row]));
      this.cards.replaceChildren(...hits.map((module, i) => kept.get(names[i]!) ?? card(columns, module)));
    }
    this.explain(modules);
    this.count.textContent = say("catalog.found", { n: answer.found });
    this.note.textContent = this.words(answer);
    this.more.hidden = answer.found <= this.state.shown;
    this.showChips();
    this.offerFeed();
    this.facets.show(columns.facets, this.state, answer, this.typing);
    performance.mark("deepcat-results");
    return modules;
  }

  /** Say in each card why it is there, given the modules' numbers by their names. */
  private explain(modules: ReadonlyMap<string, number>): void {
    const { fields } = this.engine!.columns;
    const terms = this.asked?.terms ?? [];
    for (const row of this.cards.children) {
      const module = modules.get((row as HTMLElement).dataset.name!);
      if (module !== undefined) explain(row, reasons(terms, module, fields));
    }
  }

  private words(answer: Answer): string {
    const { facets } = this.engine!.columns;
    const said = unknown(location.search, this.keys).map((filter) => say("catalog.unknown_filter", { filter }));
    for (const [key, values] of this.state.chosen) {
      const known = facets.find((facet) => facet.key === key)?.values ?? [];
      const strange = [...values].filter((value) => !known.includes(value));
      said.push(...strange.map((value) => say("catalog.unknown", { filter: say(`facet.${key}`), value })));
    }
    said.push(...[...answer.taken].map(([from, to]) => say("catalog.taken", { from, to })));
    if (!answer.found) said.push(say("catalog.nothing"));
    return said.join(" ");
  }

  /** The feed beside the count: of the one task that is chosen, or of all modules. */
  private offerFeed(): void {
    const chosen = [...this.state.chosen.get("task") ?? []];
    const path = chosen.length === 1 ? this.facets.feedOf("task", chosen[0]!) : undefined;
    const link = find<HTMLAnchorElement>("#feed")!;
    link.href = `${base()}/${path ?? "feeds/all.xml"}`;
    // Of which modules is said where it moves nothing.
    const words = path ? say("share.feed_of", { task: chosen[0]! }) : say("share.feed");
    link.title = words;
    link.setAttribute("aria-label", words);
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

  /** Put the cards into the places that have none yet. */
  private async fill(round: number, modules: ReadonlyMap<string, number>): Promise<void> {
    const { columns } = this.engine!;
    const bare = new Map(all<HTMLElement>("[data-bare]", this.cards).map((place) => [place.dataset.name!, place]));
    if (!bare.size) return;
    const found = await cards([...bare.keys()], columns.shards);
    if (round !== this.round) return;
    for (const [name, card] of found) {
      const place = bare.get(name)!;
      const here = place.contains(document.activeElement);
      place.replaceWith(card);
      if (here) card.querySelector("a")?.focus();
    }
    this.explain(modules);
  }
}

const root = find<HTMLElement>(".catalog");
if (root) new Catalogue((root.dataset.keys ?? "").split(" "));
