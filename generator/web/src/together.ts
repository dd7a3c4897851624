// One input for several models: their answers beside each other, or those that are stored with them.
import { show } from "./answer.ts";
import { ask, nobody, targets, type Target } from "./ask.ts";
import { signatureOf, takesTheSame, type Document } from "./compared.ts";
import type { Control } from "./control.ts";
import { base, h, icon } from "./dom.ts";
import { stringify } from "./exact.ts";
import { control } from "./fields.ts";
import { answers } from "./result.ts";
import { bodyOf, fieldsOf, nameOf, valuesOf, withRequest, type Field, type Sample, type Signature } from "./signature.ts";
import { say } from "./i18n.ts";

/** A sample by which the models can be asked: whose it is, and which one. */
interface Choice {
  doc: Document;
  sample: Sample;
}

export class Together {
  private readonly choices: Choice[];
  private readonly choose = h("select", { id: "together-sample" });
  private readonly inputs = h("div", { class: "tryit-inputs" });
  private readonly go = h("button", { class: "button button-main", type: "submit", disabled: true }, icon("play"), say("compare.ask_none"));
  private readonly note = h("p", { class: "note note-warn", role: "status", hidden: true });
  private readonly out = h("div", { class: "together-answers", "aria-live": "polite" });
  private controls = new Map<string, Control>();
  private fields: Field[] = [];
  private round = 0;

  constructor(root: HTMLElement, private readonly docs: Document[]) {
    this.choices = docs.flatMap((doc) => doc.samples
      .filter((sample) => nameOf(sample.request) === signatureOf(doc)?.[0])
      .map((sample) => ({ doc, sample })));
    if (!this.choices.length) return;
    this.choose.append(...this.choices.map(({ doc, sample }, i) => h("option", { value: i }, `${doc.title}: ${sample.name}`)));
    const form = h("form", {},
      h("div", { class: "form-row" }, h("label", { for: this.choose.id }, say("compare.input")), this.choose),
      this.inputs, h("div", { class: "tryit-go" }, this.go), this.note);
    this.choose.addEventListener("change", () => void this.form());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    root.replaceChildren(h("h2", {}, say("compare.together")), form, this.out);
    void this.form();
  }

  private get choice(): Choice {
    return this.choices[Number(this.choose.value)] ?? this.choices[0]!;
  }

  private get signature(): Signature {
    return signatureOf(this.choice.doc)![1];
  }

  /** The form of the sample's module, filled; and until somebody is asked the stored answers. */
  private async form(): Promise<void> {
    const round = ++this.round;
    const { doc } = this.choice;
    const sample = await this.whole(this.choice);
    if (round !== this.round) return;
    this.fields = fieldsOf(signatureOf(doc)![0], this.signature, [sample, ...doc.samples], doc.data_types);
    this.controls = new Map(this.fields.map((field) => [field.name, control(field)]));
    for (const [name, value] of valuesOf(sample, this.fields)) {
      try {
        this.controls.get(name)?.write(value);
      } catch {
        // A sample that does not fit the signature has its finding; the form stays empty.
      }
    }
    this.inputs.replaceChildren(...[...this.controls.values()].map((each) => each.element));
    this.note.hidden = true;
    const able = await Promise.all(this.docs.map((each) => this.canAnswer(each)));
    if (round !== this.round) return;
    const count = able.filter(Boolean).length;
    const words = count ? say("compare.ask", { n: count }) : say("compare.ask_none");
    this.go.replaceChildren(icon("play"), words);
    this.go.disabled = !count;
    this.out.replaceChildren(...this.docs.map((each) => this.column(each, ...this.stored(each))));
    this.out.dataset.able = String(count);
  }

  /** A long request lies by itself. */
  private async whole({ doc, sample }: Choice): Promise<Sample> {
    if (!sample.file) return sample;
    const response = await fetch(`${base()}/api/v1/modules/${doc.name}/samples/${sample.file}`).catch(() => undefined);
    return response?.ok ? withRequest(sample, await response.text()) : sample;
  }

  private async canAnswer(doc: Document): Promise<boolean> {
    const found = signatureOf(doc);
    return Boolean(found && takesTheSame(this.signature, found[1]) && (await this.open(doc)).length);
  }

  /** Whom anybody may ask. */
  private async open(doc: Document): Promise<Target[]> {
    return (await targets(doc.name, doc.deployments)).filter((target) => !target.asks);
  }

  private column(doc: Document, ...parts: (Node | string)[]): HTMLElement {
    return h("article", { class: "panel", "data-name": doc.name }, h("h3", { dir: "auto" }, doc.title), ...parts);
  }

  /** What is stored: the answer to the sample that is chosen, or to the first of its own. */
  private stored(doc: Document): (Node | string)[] {
    const found = signatureOf(doc);
    const { sample: chosen } = this.choice;
    const mine = this.choice.doc === doc ? chosen : doc.samples.find((each) => nameOf(each.request) === found?.[0]);
    if (!found || !mine?.response) return [h("p", {}, say("compare.no_sample"))];
    const words = takesTheSame(this.signature, found[1]) ? say("compare.stored", { sample: mine.name })
      : say("compare.other_input", { sample: mine.name });
    return [h("p", { class: "muted" }, words), ...answers(show(mine.response, found[1]))];
  }

  private async send(): Promise<void> {
    const round = ++this.round;
    this.note.hidden = true;
    this.go.disabled = true;
    try {
      const values: unknown[] = [];
      for (const each of this.controls.values()) values.push(await each.read());
      const asked = this.docs.map((doc) => this.answer(doc, values));
      this.out.replaceChildren(...this.docs.map((doc) => this.column(doc, h("p", { class: "muted" }, say("compare.asking")))));
      asked.forEach((answer, i) => void answer.then((column) => {
        if (round === this.round) this.out.children[i]?.replaceWith(column);
      }));
      await Promise.all(asked);
    } catch (error) {
      this.note.textContent = (error as Error).message;
      this.note.hidden = false;
    } finally {
      this.go.disabled = false;
    }
  }

  /** One model's answer; of one that cannot be asked what is stored, and why. */
  private async answer(doc: Document, values: unknown[]): Promise<HTMLElement> {
    const found = signatureOf(doc);
    if (!found || !takesTheSame(this.signature, found[1])) return this.column(doc, ...this.stored(doc));
    const [target] = await this.open(doc);
    const [closed] = target ? [] : await targets(doc.name, doc.deployments);
    if (closed) return this.column(doc, h("p", { class: "note" }, say("compare.asks_key", { name: closed.name })), ...this.stored(doc));
    if (!target) return this.column(doc, h("p", { class: "note" }, nobody(doc.name, doc.deployments)), ...this.stored(doc));
    const [name, signature] = found;
    const fields = fieldsOf(name, signature, doc.samples, doc.data_types);
    const body = bodyOf(name, signature.method, fields, new Map(fields.map((field, i) => [field.name, values[i]])));
    const begun = performance.now();
    try {
      const answer = await ask(target, doc.name, signature.method, stringify(body), new AbortController().signal);
      const ms = Math.round(performance.now() - begun);
      return this.column(doc, h("p", { class: "muted" }, say("compare.answered_by", { name: target.name, ms })), ...answers(show(answer, signature)));
    } catch (error) {
      return this.column(doc, h("p", { class: "note note-warn" }, (error as Error).message), ...this.stored(doc));
    }
  }
}
