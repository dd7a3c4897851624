// The part of the form that is of trainings alone: their data, what they may take, when they end, what becomes of them.
import { choice } from "./asked.ts";
import { base, h } from "./dom.ts";
import type { Module, Rules } from "./judge.ts";
import type { Training } from "./wish.ts";
import { say } from "./i18n.ts";

const BOXES: Record<string, Record<string, string>> = {
  time: { list: "w-time-list" }, cost: { inputmode: "decimal" }, disk: { inputmode: "decimal" }, retries: { inputmode: "numeric", placeholder: "0" },
  capacity: { inputmode: "numeric", placeholder: "∞" },
  metric: { list: "w-metric-list" }, patience: { inputmode: "numeric" },
};

export class Retrain {
  private readonly box = Object.fromEntries(Object.entries(BOXES).map(([key, more]) =>
    [key, h("input", { id: `w-${key}`, spellcheck: "false", autocomplete: "off", ...more })]));
  private readonly mode = choice("w-mode", ["", "min", "max"].map((key) => [key, say(`deploy.modes.${key || "own"}`)]));
  private readonly nan = h("input", { type: "checkbox", id: "w-nan", checked: true });
  private readonly propose = choice("w-propose", ["better", "always", "never"].map((key) => [key, say(`deploy.proposes.${key}`)]));
  private readonly metrics = h("datalist", { id: "w-metric-list" });
  private readonly data = h("div", { class: "form-rows" });
  private readonly chosen = new Map<string, string>();
  private readonly dataGroup: HTMLElement;
  /** What the form shows; hidden where nothing is trained. */
  readonly element: HTMLElement;

  constructor(currency: string) {
    const row = (key: string, control: HTMLElement): HTMLElement =>
      h("div", { class: "form-row" }, h("label", { for: control.id }, say(`deploy.${key}`, { currency })), control);
    const boxes = (...keys: string[]): HTMLElement[] => keys.map((key) => row(key, this.box[key]!));
    const group = (label: string, ...parts: HTMLElement[]): HTMLElement => h("fieldset", {}, h("legend", {}, say(`deploy.${label}`)), ...parts);
    const note = h("p", { class: "muted" }, say("deploy.data_note"), " ", h("a", { href: `${base()}/datasets/` }, say("deploy.data_all")));
    this.dataGroup = group("data", this.data, note);
    this.element = h("div", { class: "retrain" }, this.dataGroup,
      group("limits", h("div", { class: "form-rows" }, ...boxes("time", "cost", "disk", "retries", "capacity"))),
      group("stop", h("div", { class: "form-rows" }, ...boxes("patience", "metric"), row("mode", this.mode)),
        h("div", { class: "choices" }, h("label", { class: "choice" }, this.nan, h("span", {}, say("deploy.nan"))))),
      group("outcome", row("propose", this.propose), h("p", { class: "muted" }, say("deploy.outcome_note"))),
      this.metrics, h("datalist", { id: "w-time-list" }, ...["1h", "4h", "1d"].map((value) => h("option", { value }))));
  }

  /** Ask for what a module's training reads; what was chosen for data of the same name stays. */
  ask(module: Module | undefined, rules: Rules | undefined): void {
    for (const each of this.choices()) this.chosen.set(each.dataset.name!, each.value);
    const data = Object.entries(module?.training?.data ?? {});
    this.dataGroup.hidden = !data.length;
    this.data.replaceChildren(...data.map(([name, own]) => {
      const others = Object.entries(rules?.datasets ?? {}).filter(([each]) => each !== own);
      const field = choice(`w-data-${name}`, [["", say("deploy.usual", { value: own })],
        ...others.map(([each, title]): [string, string] => [each, `${each}: ${title}`])], this.chosen.get(name));
      field.dataset.name = name;
      return h("div", { class: "form-row" }, h("label", { for: field.id, class: "mono" }, name), field);
    }));
    this.metrics.replaceChildren(...[...new Set(module?.metrics.map(({ name }) => name))].map((value) => h("option", { value })));
    this.box.metric!.placeholder = module?.training?.metric ?? "";
  }

  /** What was typed and chosen. */
  get asked(): Training {
    const text = Object.fromEntries(Object.entries(this.box).map(([key, { value }]) => [key, value])) as Record<keyof typeof BOXES, string>;
    const { time = "", cost = "", disk = "", retries = "", capacity = "", metric = "", patience = "" } = text;
    return {
      time, cost, disk, retries, capacity, metric, patience, mode: this.mode.value, nan: this.nan.checked, propose: this.propose.value,
      data: Object.fromEntries(this.choices().map((each) => [each.dataset.name!, each.value])),
    };
  }

  private choices(): HTMLSelectElement[] {
    return [...this.data.querySelectorAll("select")];
  }
}
