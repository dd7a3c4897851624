// The form that tries a model: made from its signature and samples, sent to a running deployment.
import { show } from "./answer.ts";
import { TurnedAway, Warming, ask, nobody, targets, type Deployment, type Target } from "./ask.ts";
import { find, h, icon, ticked } from "./dom.ts";
import { stringify } from "./exact.ts";
import type { Control } from "./control.ts";
import { control, json } from "./fields.ts";
import { result } from "./result.ts";
import { blank, bodyOf, fieldsOf, nameOf, samplesOf, valuesOf, withRequest, type Field, type Sample, type Signature } from "./signature.ts";
import { say } from "./i18n.ts";

export interface Document {
  name: string;
  data_types: string[];
  model: { signature: Record<string, Signature> } | null;
  samples: Sample[];
  deployments: Deployment[];
}

const RAW: Field = { name: "JSON", about: "", kind: "json", dtype: "", shape: [], scale: 1, how: {} };
// After so long a wait is said to be one; a model that is being loaded is asked again after so long.
const [SLOW_MS, AGAIN_MS] = [3_000, 2_000];

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
  // What is pasted stays in this field alone, and goes with the page.
  private readonly key = h("input", { type: "password", id: "try-key", autocomplete: "off", spellcheck: "false" });
  private readonly keyHint = h("small", {});
  private readonly keyRow = h("div", { class: "form-row", hidden: true }, h("label", { for: "try-key" }, say("try.key")), this.key, this.keyHint);
  private readonly asJson = h("input", { type: "checkbox" });
  private readonly go = h("button", { class: "button button-main", type: "submit", disabled: true }, icon("play"), say("try.send"));
  private where_: Target[] = [];
  private loading = 0;
  private waiting: AbortController | undefined;

  constructor(private readonly root: HTMLElement, private readonly doc: Document, private readonly beside: string) {
    this.names = Object.keys(doc.model?.signature ?? {});
    this.signatures.append(...this.names.map((name) => h("option", { value: name }, `${name} (${this.signature(name).method})`)));
    const row = (label: string, select: HTMLSelectElement, id: string): HTMLElement => {
      select.id = id;
      return h("div", { class: "form-row" }, h("label", { for: id }, label), select);
    };
    const form = h("form", {},
      h("div", { class: "tryit-bar" }, row(say("try.where"), this.where, "try-where"),
        row(say("try.signature"), this.signatures, "try-signature"), row(say("try.sample"), this.samples, "try-sample")),
      this.keyRow, this.inputs,
      h("div", { class: "tryit-go" }, this.go, h("label", {}, this.asJson, " ", say("try.as_json"))),
      this.note, this.out);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.where.addEventListener("change", () => this.askKey(Boolean(this.target?.asks)));
    addEventListener("pagehide", () => (this.key.value = ""));
    this.signatures.addEventListener("change", () => this.choose());
    this.samples.addEventListener("change", () => this.form());
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
    this.where_ = await targets(this.doc.name, this.doc.deployments);
    this.where.replaceChildren(...this.where_.map((target, i) => h("option", { value: i }, `${target.name} · ${target.url.startsWith("/") ? say("try.here") : target.url}`)));
    if (!this.where_.length) {
      this.where.replaceChildren(h("option", {}, say("try.nowhere_short")));
      this.where.disabled = true;
      this.tell(nobody(this.doc.name, this.doc.deployments));
    }
    this.askKey(Boolean(this.target?.asks));
    this.allow();
    this.root.dataset.ready = "yes";
  }

  private get target(): Target | undefined {
    return this.where_[Number(this.where.value)];
  }

  /** Whether the reader is asked for a key; one that was pasted goes to nobody else. */
  private askKey(wanted: boolean): void {
    this.key.value = "";
    this.keyRow.hidden = !wanted;
    this.keyHint.textContent = this.target ? say("try.key_hint", { name: this.target.name }) : "";
  }

  /** Something can be sent once there is a place for it, and all of it is here. */
  private allow(): void {
    this.go.disabled = !this.where_.length || this.loading > 0 || Boolean(this.waiting);
  }

  private tell(words: string, bad = false): void {
    this.note.replaceChildren(...ticked(words));
    this.note.hidden = !words;
    this.note.classList.toggle("note-warn", bad);
  }

  /** A signature was chosen: its samples, its form. */
  private choose(): void {
    const name = this.signatures.value;
    this.waiting?.abort();
    if (this.where_.length) this.tell("");
    const mine = this.doc.samples.filter((sample) => nameOf(sample.request) === name && sample.method === this.signature().method);
    this.samples.replaceChildren(...mine.map((sample) => h("option", { value: sample.name }, sample.name)));
    if (!mine.length) this.samples.append(h("option", { value: "" }, say("try.no_sample")));
    this.samples.disabled = !mine.length;
    this.fields = fieldsOf(name, this.signature(), this.doc.samples, this.doc.data_types);
    this.form();
  }

  /** Controls anew: from the sample, or empty. */
  private form(filled = true): void {
    this.out.replaceChildren();
    this.controls = new Map();
    this.raw = undefined;
    if (this.asJson.checked || !this.fields.length) {
      this.raw = json(RAW);
      this.inputs.replaceChildren(this.raw.element);
    } else {
      for (const field of this.fields) this.controls.set(field.name, control(field));
      this.inputs.replaceChildren(...[...this.controls.values()].map((each) => each.element));
    }
    if (filled) this.fill();
  }

  private fill(): void {
    const sample = this.doc.samples.find((each) => each.name === this.samples.value);
    if (!sample) {
      this.raw?.write(blank(this.signatures.value, this.signature()));
      return;
    }
    if (sample.file) {
      void this.load(sample, sample.file);
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

  /** A long request lies by itself, and comes once its sample is chosen. */
  private async load(sample: Sample, file: string): Promise<void> {
    this.loading += 1;
    this.allow();
    try {
      const response = await fetch(this.beside + file);
      if (!response.ok) throw new Error(response.statusText);
      const whole = withRequest(sample, await response.text());
      this.doc.samples = this.doc.samples.map((each) => each.name === sample.name ? whole : each);
      if (this.samples.value === sample.name) {
        this.fields = fieldsOf(this.signatures.value, this.signature(), this.doc.samples, this.doc.data_types);
        this.form();
      }
    } catch {
      if (this.samples.value === sample.name) {
        this.form(false);
        this.tell(say("try.sample_lost", { name: sample.name }), true);
      }
    } finally {
      this.loading -= 1;
      this.allow();
    }
  }

  private async body(): Promise<unknown> {
    if (this.raw) return this.raw.read();
    const values = new Map<string, unknown>();
    for (const [name, each] of this.controls) values.set(name, await each.read());
    return bodyOf(this.signatures.value, this.signature().method, this.fields, values);
  }

  private async send(): Promise<void> {
    const { target } = this;
    if (!target) return;
    this.tell("");
    this.out.replaceChildren();
    const stop = new AbortController();
    const signature = this.signature();
    this.waiting = stop;
    this.allow();
    const slow = setTimeout(() => this.wait(say("try.slow", { name: target.name })), SLOW_MS);
    try {
      const body = stringify(await this.body());
      const sent = [...this.controls.values()].flatMap((each) => each.sent?.() ?? []);
      const begun = performance.now();
      const answer = await this.answered(target, signature.method, body, stop.signal);
      this.tell("");
      this.out.replaceChildren(result(show(answer, signature), answer, performance.now() - begun, { body, pictures: sent }));
    } catch (error) {
      if (error instanceof TurnedAway && this.keyRow.hidden) this.askKey(true);
      this.tell(stop.signal.aborted ? say("try.stopped") : (error as Error).message, !stop.signal.aborted);
    } finally {
      clearTimeout(slow);
      this.waiting = undefined;
      this.allow();
    }
  }

  /** The answer; while the model is being loaded, it is asked again. */
  private async answered(target: Target, method: string, body: string, signal: AbortSignal): Promise<unknown> {
    for (;;) {
      try {
        return await ask(target, this.doc.name, method, body, signal, this.key.value.trim());
      } catch (error) {
        if (!(error instanceof Warming)) throw error;
        this.wait(error.message);
        await new Promise((resolve) => {
          setTimeout(resolve, AGAIN_MS);
          signal.addEventListener("abort", resolve);
        });
        signal.throwIfAborted();
      }
    }
  }

  /** Say why there is no answer yet, with a way to wait no longer. */
  private wait(words: string): void {
    this.tell(words);
    const stop = h("button", { type: "button", class: "button" }, say("try.stop"));
    stop.addEventListener("click", () => this.waiting?.abort());
    this.note.append(" ", stop);
  }
}

export function tryIt(): void {
  const root = find<HTMLElement>("#tryit");
  if (!root) return;
  let begun = false;
  const begin = (): void => {
    if (begun) return;
    begun = true;
    const source = root.dataset.src!;
    fetch(source).then((response) => response.text())
      .then((text) => new TryIt(
        root, { ...JSON.parse(text) as Document, samples: samplesOf(text) }, source.replace(/\.json$/, "/samples/"),
      ))
      .catch(() => (root.textContent = say("try.offline")));
  };
  // When it comes near, or the browser has nothing else to do: who never scrolls (a printer, a camera) sees it, too.
  new IntersectionObserver((seen, watcher) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    begin();
  }, { rootMargin: "600px" }).observe(root);
  addEventListener("load", () => (window.requestIdleCallback ?? setTimeout)(begin));
}
