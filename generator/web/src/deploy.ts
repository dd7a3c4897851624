// The wizard: choose what to run and inside which bounds; see who could take it; open the forge.
import { base, find, h } from "./dom.ts";
import { load } from "./data.ts";
import { Quick } from "./quick.ts";
import { isName, link, rows, yaml, type Row, type Table, type Wish } from "./wish.ts";
import { say } from "./i18n.ts";

interface Module {
  name: string;
  title: string;
  version: string;
  trainable: boolean;
  resources: Record<string, Record<string, number>>;
}

const MEMORIES = [0, 8, 16, 24, 40, 80];
const COUNTS = [0, 1, 2, 4, 8];
const LIFETIMES = ["", "12h", "7d", "30d"];

class Wizard {
  private module: Module | undefined;
  private table: Table | undefined;
  private named = false;
  private readonly given = new URLSearchParams(location.search);
  private readonly choose = h("input", { type: "search", id: "w-module", autocomplete: "off", spellcheck: "false", placeholder: say("deploy.module_hint") });
  private readonly picked = h("p", { class: "muted", role: "status" });
  private readonly name = h("input", { id: "w-name", spellcheck: "false" });
  private readonly version = h("input", { id: "w-version", value: "*", spellcheck: "false" });
  private readonly count = h("select", { id: "w-count" }, ...COUNTS.map((n) => h("option", { value: n }, n ? String(n) : say("deploy.none"))));
  private readonly memory = h("select", { id: "w-memory" }, ...MEMORIES.map((n) => h("option", { value: n }, n ? `≥ ${n} GiB` : say("deploy.any"))));
  private readonly model = h("select", { id: "w-model" }, h("option", { value: "" }, say("deploy.any")));
  private readonly price = h("input", { id: "w-price", inputmode: "decimal" });
  private readonly prefer = h("select", { id: "w-prefer" }, ...["price", "wait", "sla", "data"].map((key) => h("option", { value: key }, say(`deploy.prefers.${key}`))));
  private readonly lifetime = h("select", { id: "w-lifetime" }, ...LIFETIMES.map((key) => h("option", { value: key }, say(`deploy.lifetimes.${key || "none"}`))));
  private readonly owner = h("input", { id: "w-owner", spellcheck: "false" });
  private readonly clouds = h("div", { class: "choices" });
  private readonly profiles = h("div", { class: "choices" }, ...["serve", "train", "develop"].map((key, i) =>
    h("label", { class: "choice" }, h("input", { type: "radio", name: "profile", value: key, checked: i === 0 }), h("span", {}, say(`deploy.profiles.${key}`)))));
  private readonly file = h("code");
  private readonly path = h("span", { class: "mono" });
  private readonly open = h("a", { class: "button button-main", id: "w-open" }, say("deploy.open"));
  private readonly note = h("p", { class: "muted" });
  private readonly fits = h("div", { class: "fits", "aria-live": "polite" });

  constructor(private readonly root: HTMLElement) {
    const row = (label: string, input: HTMLElement): HTMLElement =>
      h("div", { class: "form-row" }, h("label", { for: input.id }, say(`deploy.${label}`)), input);
    const group = (label: string, ...parts: HTMLElement[]): HTMLElement =>
      h("fieldset", {}, h("legend", {}, say(`deploy.${label}`)), ...parts);
    const form = h("form", {},
      group("what", h("div", { class: "form-row" }, h("label", { for: "w-module" }, say("deploy.module")), h("div", { class: "field" }, this.choose)), this.picked,
        h("div", { class: "form-row" }, h("span", { class: "label" }, say("deploy.profile")), this.profiles),
        h("div", { class: "form-rows" }, row("name", this.name), row("version", this.version))),
      group("accelerator", h("div", { class: "form-rows" }, row("count", this.count), row("memory", this.memory), row("model", this.model))),
      group("bounds", h("div", { class: "form-row" }, h("span", { class: "label" }, say("deploy.clouds")), this.clouds),
        h("div", { class: "form-rows" }, row("price", this.price), row("prefer", this.prefer), row("lifetime", this.lifetime), row("owner", this.owner))));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.show());
    this.name.addEventListener("input", () => (this.named = true));
    this.choose.addEventListener("change", () => void this.take(this.choose.value.trim()));
    root.replaceChildren(form, h("div", { class: "wizard-side" },
      h("section", { class: "panel" }, h("h2", {}, this.path), h("pre", { tabindex: 0 }, this.file), h("div", { class: "buttons" }, this.open), this.note),
      h("section", { class: "panel" }, h("h2", {}, say("deploy.who")), this.fits)));
    new Quick(this.choose, (name) => {
      this.choose.value = name;
      void this.take(name);
    });
    void this.begin();
  }

  private async begin(): Promise<void> {
    const wanted = this.given.get("module") ?? "";
    this.choose.value = wanted;
    const profile = this.given.get("profile");
    if (profile) find<HTMLInputElement>(`[name="profile"][value="${CSS.escape(profile)}"]`, this.profiles)?.click();
    const table = load<Table>("api/v1/match.json").catch(() => undefined);
    if (wanted) await this.take(wanted);
    this.table = await table;
    this.model.append(...(this.table?.models ?? []).map((name) => h("option", { value: name }, name)));
    const names = [...Object.keys(this.table?.clouds ?? {}), ...(this.root.dataset.local ?? "").split(" ").filter(Boolean)];
    this.clouds.replaceChildren(...names.map((name) =>
      h("label", { class: "choice" }, h("input", { type: "checkbox", name: "cloud", value: name }), h("span", {}, name))));
    this.show();
    this.root.dataset.ready = "yes";
  }

  private async take(name: string): Promise<void> {
    this.module = isName(name) ? await load<Module>(`api/v1/modules/${name}.json`).catch(() => undefined) : undefined;
    const { module } = this;
    this.picked.replaceChildren(module
      ? h("a", { href: `${base()}/modules/${module.name}/` }, `${module.title} ${module.version}`)
      : name ? say("deploy.unknown") : "");
    if (module) {
      this.version.value = `^${module.version}`;
      if (!this.named) this.name.value = module.name;
      const needs = module.resources[this.profile() === "train" ? "training" : "inference"] ?? {};
      const memory = (needs.gpu_memory_MB ?? 0) / 1024;
      this.count.value = String(COUNTS.find((n) => n >= (needs.gpu ?? 0)) ?? 8);
      this.memory.value = String(MEMORIES.find((n) => n >= memory) ?? 80);
    }
    this.show();
  }

  private profile(): string {
    return find<HTMLInputElement>(":checked", this.profiles)?.value ?? "serve";
  }

  private wish(): Wish {
    const price = Number(this.price.value.replace(",", "."));
    return {
      name: this.name.value.trim(),
      module: this.module?.name ?? "",
      version: this.version.value.trim() || "*",
      profile: this.profile(),
      count: Number(this.count.value),
      memory: Number(this.memory.value),
      model: this.model.value,
      clouds: [...this.clouds.querySelectorAll<HTMLInputElement>(":checked")].map((box) => box.value),
      maxPrice: this.price.value.trim() && !Number.isNaN(price) ? price : null,
      prefer: this.prefer.value,
      lifetime: this.lifetime.value,
      owner: this.owner.value.trim(),
    };
  }

  private show(): void {
    const wish = this.wish();
    const complete = Boolean(wish.module) && isName(wish.name);
    this.memory.disabled = !wish.count || Boolean(wish.model);
    this.model.disabled = !wish.count;
    this.path.textContent = complete ? `deployments/${wish.name}.yaml` : say("deploy.file");
    this.file.textContent = wish.module ? yaml(wish) : say("deploy.first");
    const forge = this.root.dataset.new ?? "";
    this.open.hidden = !forge || !complete;
    if (forge && complete) this.open.href = link(forge, Boolean(this.root.dataset.gitlab), wish);
    this.note.textContent = forge ? say("deploy.then") : say("deploy.by_hand");
    this.fit(wish);
  }

  private fit(wish: Wish): void {
    if (!this.table) return;
    const { taken, refused } = rows(this.table, wish, {
      cloud: say("deploy.reason_cloud"), price: say("deploy.reason_price"), profile: say("deploy.reason_profile"),
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
