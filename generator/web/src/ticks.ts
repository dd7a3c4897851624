// A tick on each card, and a bar that leads to the comparison of those that are ticked.
import { all, base, find, h } from "./dom.ts";
import { say } from "./i18n.ts";
import { MOST, ticked, withTick, withTicked } from "./ticked.ts";

class Ticks {
  private names: string[] = ticked(location.search);
  private readonly words = h("p", { role: "status" });
  private readonly go = h("a", { class: "button button-main", href: "" });
  private readonly clear = h("button", { type: "button", class: "button" }, say("compare.clear"));
  private readonly bar = h("section", { class: "compare-bar", "aria-label": say("compare.title"), hidden: true }, this.words, this.go, this.clear);

  constructor(lists: HTMLElement[]) {
    lists.at(-1)!.after(this.bar);
    document.addEventListener("change", ({ target }) => {
      if (!(target instanceof HTMLInputElement) || target.name !== "compare") return;
      this.take(withTick(this.names, target.value, target.checked));
    });
    this.clear.addEventListener("click", () => {
      this.take([]);
      find<HTMLElement>(".tick input")?.focus();
    });
    addEventListener("popstate", () => {
      this.names = ticked(location.search);
      this.show();
    });
    const watcher = new MutationObserver(() => this.mark());
    for (const list of lists) watcher.observe(list, { childList: true });
    this.show();
  }

  private take(names: string[]): void {
    this.names = names;
    history.replaceState(history.state, "", location.pathname + withTicked(location.search, names) + location.hash);
    this.show();
  }

  private mark(): void {
    for (const box of all<HTMLInputElement>('.tick input[name="compare"]')) {
      box.checked = this.names.includes(box.value);
      box.disabled = !box.checked && this.names.length >= MOST;
    }
  }

  private show(): void {
    const n = this.names.length;
    this.mark();
    this.bar.hidden = !n;
    this.words.textContent = n ? say(n === 1 ? "compare.one" : n < MOST ? "compare.some" : "compare.most", { n, names: this.names.join(", ") }) : "";
    this.go.textContent = say("compare.go", { n });
    this.go.hidden = n < 2;
    this.go.href = `${base()}/compare/${withTicked("", this.names)}`;
  }
}

export function ticks(): void {
  const lists = all<HTMLElement>("ul.cards").filter((list) => find(".tick", list) || list.closest(".catalog"));
  if (lists.length) new Ticks(lists);
}
