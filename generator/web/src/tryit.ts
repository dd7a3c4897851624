// The form that tries a model: made from its signature and samples, sent to a running deployment.
import { show } from "./answer.ts";
import { find, h, icon } from "./dom.ts";
import { stringify } from "./exact.ts";
import { control, json, type Control } from "./fields.ts";
import { result } from "./result.ts";
import { blank, bodyOf, fieldsOf, nameOf, samplesOf, valuesOf, type Field, type Sample, type Signature } from "./signature.ts";
import { say } from "./i18n.ts";

export interface Document {
  name: string;
  data_types: string[];
  model: { signature: Record<string, Signature> } | null;
  samples: Sample[];
  deployments: { name: string; status: string; rest: string; version: string }[];
}

interface Target {
  name: string;
  url: string;
}

const RAW: Field = { name: "JSON", about: "", kind: "json", dtype: "", shape: [], scale: 1 };

function isLoopback(host: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(host);
}

/** Where the model can be asked: by way of this server where it offers one, else directly. */
async function targets(doc: Document): Promise<Target[]> {
  let local: { deployments: { name: string; module: string }[] } | undefined;
  if (isLoopback(location.hostname)) {
    local = await fetch("/serve/").then((response) => response.ok ? response.json() : undefined).catch(() => undefined);
  }
  const near = (local?.deployments ?? []).filter((item) => item.module === doc.name)
    .map((item) => ({ name: item.name, url: `/serve/${encodeURIComponent(item.name)}` }));
  const far = doc.deployments.filter((item) => item.status === "running" && item.rest
    && !near.some((known) => known.name === item.name))
    .map((item) => ({ name: item.name, url: item.rest }));
  return [...near, ...far];
}

/** Why a browser may not ask an address, as far as it can be told beforehand. */
function hindrance(url: string): string {
  if (!/^https?:/.test(url)) return "";
  const to = new URL(url);
  if (location.protocol === "https:" && to.protocol === "http:" && !isLoopback(to.hostname)) return say("try.mixed", { url });
  if (isLoopback(to.hostname) && !isLoopback(location.hostname)) return say("try.local", { url });
  return "";
}

export class TryIt {
  private controls = new Map<string, Control>();
  private fields: Field[] = [];
  private raw: Control | undefined;
  private readonly note = h("p", { class: "note", role: "status", hidden: true });
  private readonly out = h("div", { "aria-live": "polite" });
  private readonly inputs = h("div", { class: "tryit-inputs" });
  private readonly names: string[];
  private readonly signatures = h("select");
  private readonly samples = h("select");
  private readonly where = h("select");
  private readonly asJson = h("input", { type: "checkbox" });
  private readonly go = h("button", { class: "button button-main", type: "submit", disabled: true }, icon("play"), say("try.send"));
  private where_: Target[] = [];

  constructor(private readonly root: HTMLElement, private readonly doc: Document) {
    this.names = Object.keys(doc.model?.signature ?? {});
    this.signatures.append(...this.names.map((name) => h("option", { value: name }, `${name} (${this.signature(name).method})`)));
    const row = (label: string, select: HTMLSelectElement, id: string): HTMLElement => {
      select.id = id;
      return h("div", { class: "form-row" }, h("label", { for: id }, label), select);
    };
    const form = h("form", {},
      h("div", { class: "tryit-bar" }, row(say("try.where"), this.where, "try-where"),
        row(say("try.signature"), this.signatures, "try-signature"), row(say("try.sample"), this.samples, "try-sample")),
      this.inputs,
      h("div", { class: "tryit-go" }, this.go, h("label", {}, this.asJson, " ", say("try.as_json"))),
      this.note, this.out);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.signatures.addEventListener("change", () => this.choose());
    this.samples.addEventListener("change", () => this.fill());
    this.asJson.addEventListener("change", () => this.form());
    root.replaceChildren(form);
    const first = this.doc.samples[0];
    if (first) this.signatures.value = nameOf(first.request);
    if (!this.signatures.value && this.names[0]) this.signatures.value = this.names[0];
    this.choose();
    void this.findTargets();
  }

  private signature(name = this.signatures.value): Signature {
    return this.doc.model!.signature[name] ?? { method: "predict" };
  }

  private async findTargets(): Promise<void> {
    this.where_ = await targets(this.doc);
    this.where.replaceChildren(...this.where_.map((target, i) => h("option", { value: i }, `${target.name} · ${target.url.startsWith("/") ? say("try.here") : target.url}`)));
    if (!this.where_.length) {
      this.where.replaceChildren(h("option", {}, say("try.nowhere_short")));
      this.where.disabled = true;
      this.tell(say("try.nowhere", { name: this.doc.name }));
    }
    this.go.disabled = !this.where_.length;
    this.root.dataset.ready = "yes";
  }

  private tell(words: string, bad = false): void {
    this.note.textContent = words;
    this.note.hidden = !words;
    this.note.classList.toggle("note-warn", bad);
  }

  /** A signature was chosen: its samples, its form. */
  private choose(): void {
    const name = this.signatures.value;
    this.out.replaceChildren();
    if (this.where_.length) this.tell("");
    const mine = this.doc.samples.filter((sample) => nameOf(sample.request) === name && sample.method === this.signature().method);
    this.samples.replaceChildren(...mine.map((sample) => h("option", { value: sample.name }, sample.name)));
    if (!mine.length) this.samples.append(h("option", { value: "" }, say("try.no_sample")));
    this.samples.disabled = !mine.length;
    this.fields = fieldsOf(name, this.signature(), this.doc.samples, this.doc.data_types);
    this.form();
  }

  private form(): void {
    this.controls = new Map();
    this.raw = undefined;
    if (this.asJson.checked || !this.fields.length) {
      this.raw = json(RAW);
      this.inputs.replaceChildren(this.raw.element);
    } else {
      for (const field of this.fields) this.controls.set(field.name, control(field));
      this.inputs.replaceChildren(...[...this.controls.values()].map((each) => each.element));
    }
    this.fill();
  }

  private fill(): void {
    const sample = this.doc.samples.find((each) => each.name === this.samples.value);
    if (!sample) {
      this.raw?.write(blank(this.signatures.value, this.signature()));
      return;
    }
    this.raw?.write(sample.request);
    for (const [name, value] of valuesOf(sample, this.fields)) {
      try {
        this.controls.get(name)?.write(value);
      } catch {
        // A sample that does not fit the signature has its finding; the form stays empty.
      }
    }
  }

  private async body(): Promise<unknown> {
    if (this.raw) return this.raw.read();
    const values = new Map<string, unknown>();
    for (const [name, each] of this.controls) values.set(name, await each.read());
    return bodyOf(this.signatures.value, this.signature().method, this.fields, values);
  }

  private async send(): Promise<void> {
    const target = this.where_[Number(this.where.value)];
    if (!target) return;
    this.tell("");
    this.go.disabled = true;
    const begun = performance.now();
    try {
      const body = stringify(await this.body());
      const answer = await this.ask(target, body);
      this.out.replaceChildren(result(show(answer, this.signature()), answer, performance.now() - begun));
    } catch (error) {
      this.out.replaceChildren();
      this.tell((error as Error).message, true);
    } finally {
      this.go.disabled = false;
    }
  }

  private async ask(target: Target, body: string): Promise<unknown> {
    const hindered = hindrance(target.url);
    if (hindered) throw new Error(hindered);
    const url = `${target.url}/v1/models/${this.doc.name}:${this.signature().method}`;
    let response: Response;
    try {
      response = await fetch(url, { method: "POST", body, headers: { "Content-Type": "text/plain" } });
    } catch {
      throw new Error(say("try.refused", { url: target.url }));
    }
    const answer: unknown = await response.json().catch(() => ({}));
    if (!response.ok) {
      const words = (answer as { error?: string }).error ?? response.statusText;
      throw new Error(say("try.error", { status: response.status, words }));
    }
    return answer;
  }
}

export function tryIt(): void {
  const root = find<HTMLElement>("#tryit");
  if (!root) return;
  let begun = false;
  const begin = (): void => {
    if (begun) return;
    begun = true;
    fetch(root.dataset.src!).then((response) => response.text())
      .then((text) => new TryIt(root, { ...JSON.parse(text) as Document, samples: samplesOf(text) }))
      .catch(() => (root.textContent = say("try.offline")));
  };
  new IntersectionObserver((seen, watcher) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    begin();
  }, { rootMargin: "600px" }).observe(root);
}
