// The wizard: choose what to run and inside which bounds; what is wrong is said at once; see who could take it; open the forge.
import { bounds, row as inputRow } from "./asked.ts";
import { base, find, h } from "./dom.ts";
import { load } from "./data.ts";
import { inputsOf, judge, type Fault, type Module, type Rules } from "./judge.ts";
import { Quick } from "./quick.ts";
import { Retrain } from "./retrain.ts";
import { rows, type Row, type Table } from "./takers.ts";
import { document as written, isName, link, yaml, type Wish } from "./wish.ts";
import { say } from "./i18n.ts";

interface Known extends Module {
  title: string;
  trainable: boolean;
  resources: Record<string, Record<string, number>>;
}

const CHOICES: Record<string, string[]> = {
  count: ["0", "1", "2", "4", "8"], memory: ["8", "16", "24", "40", "80", "141", "192"], lifetime: ["12h", "7d", "30d"],
};
const PROFILES = ["serve", "train", "develop"];

function box(key: string, attributes: Record<string, string> = {}): HTMLInputElement {
  return h("input", { id: `w-${key}`, spellcheck: "false", autocomplete: "off", ...(CHOICES[key] && { list: `w-${key}-list` }), ...attributes });
}

class Wizard {
  private module: Known | undefined;
  private table: Table | undefined;
  private rules: Rules | undefined;
  /** What the reader wrote himself: nothing of it is written over. */
  private readonly touched = new Set<string>();
  private readonly given = new URLSearchParams(location.search);
  private readonly choose = h("input", { type: "search", id: "w-module", autocomplete: "off", spellcheck: "false", placeholder: say("deploy.module_hint") });
  private readonly picked = h("p", { class: "muted", role: "status" });
  private readonly name = box("name");
  private readonly version = box("version", { value: "*" });
  private readonly count = box("count", { inputmode: "numeric", value: "0" });
  private readonly memory = box("memory", { inputmode: "decimal" });
  private readonly model = h("select", { id: "w-model" }, h("option", { value: "" }, say("deploy.any")));
  private readonly price = box("price", { inputmode: "decimal" });
  private readonly prefer = h("select", { id: "w-prefer" }, ...["price", "wait", "sla", "data"].map((key) => h("option", { value: key }, say(`deploy.prefers.${key}`))));
  private readonly lifetime = box("lifetime", { placeholder: say("deploy.for_ever") });
  private readonly owner = box("owner");
  private readonly clouds = h("div", { class: "choices" });
  private readonly profiles = h("div", { class: "choices" }, ...PROFILES.map((key, i) =>
    h("label", { class: "choice" }, h("input", { type: "radio", name: "profile", value: key, checked: i === 0 }), h("span", {}, say(`deploy.profiles.${key}`)))));
  private readonly inputs = h("div", { class: "form-rows" });
  private readonly typed = new Map<string, string>();
  private readonly inputsGroup: HTMLElement;
  private readonly retrain: Retrain;
  private readonly file = h("code");
  private readonly path = h("span", { class: "mono" });
  private readonly faults = h("ul", { class: "faults", "aria-live": "polite" });
  private readonly open = h("a", { class: "button button-main", id: "w-open" }, say("deploy.open"));
  private readonly save = h("a", { class: "button", id: "w-save" }, say("deploy.download"));
  private readonly copy = h("button", { class: "button", id: "w-copy", type: "button" }, say("copy.copy"));
  private readonly note = h("p", { class: "muted" });
  private readonly fits = h("div", { class: "fits", "aria-live": "polite" });

  constructor(private readonly root: HTMLElement) {
    const row = (label: string, input: HTMLElement): HTMLElement =>
      h("div", { class: "form-row" }, h("label", { for: input.id }, say(`deploy.${label}`)), input);
    const group = (label: string, ...parts: HTMLElement[]): HTMLElement =>
      h("fieldset", {}, h("legend", {}, say(`deploy.${label}`)), ...parts);
    this.inputsGroup = group("inputs", this.inputs);
    this.retrain = new Retrain(root.dataset.currency ?? "");
    const lists = Object.entries(CHOICES).map(([key, values]) => h("datalist", { id: `w-${key}-list` }, ...values.map((value) => h("option", { value }))));
    const form = h("form", {},
      group("what", h("div", { class: "form-row" }, h("label", { for: "w-module" }, say("deploy.module")), h("div", { class: "field" }, this.choose)), this.picked,
        h("div", { class: "form-row" }, h("span", { class: "label" }, say("deploy.profile")), this.profiles),
        h("div", { class: "form-rows" }, row("name", this.name), row("version", this.version))),
      this.inputsGroup, this.retrain.element,
      group("accelerator", h("div", { class: "form-rows" }, row("count", this.count), row("memory", this.memory), row("model", this.model))),
      group("bounds", h("div", { class: "form-row" }, h("span", { class: "label" }, say("deploy.clouds")), this.clouds),
        h("div", { class: "form-rows" }, row("price", this.price), row("prefer", this.prefer), row("lifetime", this.lifetime), row("owner", this.owner))),
      ...lists);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => {
      this.touched.add((event.target as HTMLElement).id);
      if ((event.target as HTMLInputElement).name === "profile") {
        this.suggest();
        this.need();
        this.ask();
      }
      this.show();
    });
    this.choose.addEventListener("change", () => void this.take(this.choose.value.trim()));
    this.copy.addEventListener("click", () => void navigator.clipboard?.writeText(this.file.textContent ?? "").then(() => (this.copy.textContent = say("copy.done"))));
    root.replaceChildren(form, h("div", { class: "wizard-side" },
      h("section", { class: "panel" }, h("h2", {}, this.path), this.faults, h("pre", { tabindex: 0, "data-plain": "" }, this.file),
        h("div", { class: "buttons" }, this.open, this.copy, this.save), this.note),
      h("section", { class: "panel" }, h("h2", {}, say("deploy.who")), this.fits)));
    new Quick(this.choose, (name) => {
      this.choose.value = name;
      void this.take(name);
    });
    this.ask();
    void this.begin();
  }

  private async begin(): Promise<void> {
    const wanted = this.given.get("module") ?? "";
    this.choose.value = wanted;
    const profile = this.given.get("profile");
    if (profile) find<HTMLInputElement>(`[name="profile"][value="${CSS.escape(profile)}"]`, this.profiles)?.click();
    const table = load<Table>("api/v1/match.json").catch(() => undefined);
    this.rules = await load<Rules>("deploy/rules.json").catch(() => undefined);
    // What an address asks for stands in the form, as if it had been typed.
    for (const [key, value] of this.given) if (key.startsWith("input.")) this.typed.set(key.slice(6), value);
    if (wanted) await this.take(wanted);
    else this.retrain.ask(this.module, this.rules);
    this.table = await table;
    this.model.append(...(this.table?.models ?? []).map((name) => h("option", { value: name }, name)));
    const names = new Set([...Object.keys(this.table?.clouds ?? {}), ...this.rules?.clouds ?? []]);
    this.clouds.replaceChildren(...[...names].map((name) =>
      h("label", { class: "choice" }, h("input", { type: "checkbox", name: "cloud", value: name }), h("span", {}, name))));
    this.show();
    this.root.dataset.ready = "yes";
  }

  private async take(name: string): Promise<void> {
    const module = isName(name) ? await load<Known>(`api/v1/modules/${name}.json`).catch(() => undefined) : undefined;
    if (this.choose.value.trim() !== name) return; // another was chosen meanwhile
    this.module = module;
    this.picked.replaceChildren(module
      ? h("a", { href: `${base()}/modules/${module.name}/` }, `${module.title} ${module.version}`)
      : name ? say("deploy.unknown") : "");
    if (module) {
      if (!this.touched.has("w-version")) this.version.value = `^${module.version}`;
      this.suggest();
      this.need();
    }
    this.ask();
    this.show();
  }

  /** A name for it, where the reader gave none. */
  private suggest(): void {
    if (!this.module || this.touched.has("w-name")) return;
    this.name.value = this.free(this.profile() === "train" ? `train-${this.module.name.slice(0, 50)}` : this.module.name);
  }

  /** The name itself, or with the first number that no deployment has. */
  private free(name: string): string {
    const taken = new Set(this.rules?.taken);
    for (let n = 1; ; n++) {
      const each = n === 1 ? name : `${name.slice(0, 59)}-${n}`;
      if (!taken.has(each)) return each;
    }
  }

  /** What the module needs in the profile, where the reader did not say otherwise. */
  private need(): void {
    const needs = this.module?.resources[this.profile() === "train" ? "training" : "inference"] ?? {};
    if (!this.touched.has("w-count")) this.count.value = String(needs.gpu ?? 0);
    const memory = (needs.gpu_memory_MB ?? 0) / 1024;
    if (!this.touched.has("w-memory")) this.memory.value = memory ? String(Math.ceil(memory * 10) / 10) : "";
  }

  /** A box for each input of what is to run; what was typed for one of the same name stays. */
  private ask(): void {
    const isTraining = this.profile() === "train";
    const inputs = Object.entries(inputsOf(this.module, this.profile()));
    for (const [name, value] of Object.entries(this.values())) this.typed.set(name, value);
    this.inputsGroup.hidden = !inputs.length;
    find("legend", this.inputsGroup)!.textContent = say(isTraining && this.module?.training ? "deploy.training_inputs" : "deploy.inputs");
    this.inputs.replaceChildren(...inputs.map(([name, input]) => inputRow(name, input, this.typed.get(name) ?? "")));
    this.retrain.element.hidden = !isTraining;
    this.retrain.ask(this.module, this.rules);
    this.head();
  }

  /** What the page is for, in the profile that was chosen. */
  private head(): void {
    const [heading, lead] = [find("h1"), find(".lead")];
    if (!heading || !lead) return;
    const own = say(`deploy.heading.${this.profile()}`);
    document.title = document.title.replace(heading.textContent ?? "", () => own);
    heading.textContent = own;
    lead.textContent = say(`deploy.lead.${this.profile()}`);
  }

  private values(): Record<string, string> {
    const fields = [...this.inputs.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[data-input]")];
    return Object.fromEntries(fields.map((each) => [each.dataset.input!, each.value]));
  }

  private profile(): string {
    return find<HTMLInputElement>(":checked", this.profiles)?.value ?? "serve";
  }

  private wish(): Wish {
    return {
      name: this.name.value.trim(),
      module: this.module?.name ?? this.choose.value.trim(),
      version: this.version.value,
      profile: this.profile(),
      count: this.count.value,
      memory: this.memory.value,
      model: this.model.value,
      clouds: [...this.clouds.querySelectorAll<HTMLInputElement>(":checked")].map((each) => each.value),
      price: this.price.value,
      prefer: this.prefer.value,
      lifetime: this.lifetime.value,
      owner: this.owner.value,
      inputs: this.values(),
      training: this.profile() === "train" ? this.retrain.asked : null,
    };
  }

  private show(): void {
    const wish = this.wish();
    const types = Object.fromEntries(Object.entries(inputsOf(this.module, wish.profile)).map(([name, input]) => [name, input.type]));
    const content = wish.module ? yaml(written(wish, types)) : say("deploy.first");
    const faults = this.rules && wish.module ? judge(wish, this.module, this.rules) : [];
    const sound = Boolean(this.module) && Boolean(this.rules) && faults.every((fault) => fault.hint);
    this.faults.replaceChildren(...faults.map((fault) => this.fault(fault)));
    this.path.textContent = wish.name ? `deployments/${wish.name}.yaml` : say("deploy.file");
    this.file.textContent = content;
    this.copy.textContent = say("copy.copy");
    const forge = this.root.dataset.new ?? "";
    this.open.hidden = !forge || !sound;
    this.save.hidden = this.copy.hidden = !sound;
    if (sound) {
      this.save.href = `data:application/yaml;charset=utf-8,${encodeURIComponent(content)}`;
      this.save.download = `${wish.name}.yaml`;
      if (forge) this.open.href = link(forge, Boolean(this.root.dataset.gitlab), wish, content);
    }
    this.note.textContent = !wish.module ? "" : !sound ? say("deploy.unsound") : forge ? say("deploy.then") : say("deploy.by_hand");
    this.fit(wish);
  }

  /** One fault, and the page of the rule that it breaks. */
  private fault({ code, key, values, hint }: Fault): HTMLElement {
    const input = key === "input_bounds" ? inputsOf(this.module, this.profile())[values.name!] : undefined;
    const words = say(`deploy.faults.${key}`, { ...values, ...(input && { bounds: bounds(input) }) });
    return h("li", { class: hint ? "hint" : "error", "data-code": code, "data-key": key }, words, " ",
      code ? h("a", { class: "mono", href: `${base()}/check/rules/${code}/` }, code) : "");
  }

  private fit(wish: Wish): void {
    if (!this.table) return;
    const { taken, refused } = rows(this.table, wish, {
      cloud: say("deploy.reason_cloud"), price: say("deploy.reason_price"), profile: say("deploy.reason_profile"),
      memory: say("deploy.reason_memory"), count: say("deploy.reason_count"),
    });
    const currency = this.root.dataset.currency ?? "";
    const cost = (row: Row): string => row.price ? `${row.price >= 0.01 ? row.price.toFixed(2) : row.price} ${currency}` : say("deploy.free");
    const table = h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": say("deploy.who") }, h("table", {}, h("thead", {}, h("tr", {}, ...["cloud", "shape", "accelerator", "price_hour"].map((key) => h("th", { scope: "col", class: key === "price_hour" ? "num" : undefined }, say(`deploy.${key}`))))),
      h("tbody", {}, ...taken.slice(0, 10).map((row) => h("tr", {}, h("td", {}, row.cloud), h("td", { class: "mono" }, row.shape), h("td", {}, row.what || "–"), h("td", { class: "num" }, cost(row)))))));
    const local = (this.root.dataset.local ?? "").split(" ").filter((name) => name && (!wish.clouds.length || wish.clouds.includes(name)));
    this.fits.replaceChildren(
      taken.length ? table : "",
      taken.length && !local.length ? "" : h("p", {}, local.length ? say("deploy.only_local", { name: local[0]! }) : say("deploy.nobody")),
      refused.length ? h("details", { class: "why" }, h("summary", {}, say("deploy.why_not", { n: refused.length })),
        h("ul", {}, ...refused.slice(0, 40).map((row) => h("li", {}, h("strong", {}, `${row.cloud}${row.shape ? ` / ${row.shape}` : ""}`), ` ${row.reasons.join("; ")}`)))) : "");
  }
}

const root = find<HTMLElement>("#wizard");
if (root) new Wizard(root);
