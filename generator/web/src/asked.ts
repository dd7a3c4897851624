// The part of the form that asks what a deployment gives: a control for each input of a topology or a training.
import { h, ticked } from "./dom.ts";
import { boundsOf, type Input } from "./judge.ts";
import { say } from "./i18n.ts";

const MARKS: Record<string, string> = { integer: "numeric", float: "decimal" };

/** A choice, whose first option is what stands there where nobody chooses. */
export function choice(id: string, options: [string, string][], value = ""): HTMLSelectElement {
  const found = h("select", { id }, ...options.map(([key, words]) => h("option", { value: key }, words)));
  found.value = options.some(([key]) => key === value) ? value : options[0]![0];
  return found;
}

/** An input's bounds as people say them; empty where it has none. */
export function bounds(input: Input): string {
  return boundsOf(input).map(({ key, a, b }) => say(`deploy.bound.${key}`, { a, b })).join(", ");
}

function written(value: unknown): string {
  return value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function control(id: string, input: Input, usual: string, value: string): HTMLInputElement | HTMLSelectElement {
  const listed = (input.constraints ?? []).find((clause) => Array.isArray(clause.valid_values))?.valid_values as unknown[] | undefined;
  const values = input.type === "boolean" ? ["true", "false"] : listed?.map(written);
  if (values) return choice(id, [["", usual ? say("deploy.usual", { value: usual }) : say("deploy.choose")], ...values.map((each): [string, string] => [each, each])], value);
  return h("input", { id, placeholder: usual, value, inputmode: MARKS[input.type], spellcheck: "false", autocomplete: "off" });
}

/** A row of the form; what is typed there is found by `data-input`. */
export function row(name: string, input: Input, value: string): HTMLElement {
  const id = `w-input-${name}`;
  const field = control(id, input, written(input.default), value);
  field.dataset.input = name;
  const limits = field.matches("select") ? "" : bounds(input);
  return h("div", { class: "form-row" }, h("label", { for: id, class: "mono" }, name), field,
    input.description ? h("small", { dir: "auto" }, ...ticked(input.description)) : null, limits ? h("small", {}, limits) : null);
}
