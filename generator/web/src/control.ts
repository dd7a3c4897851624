// What a field of a form is to the form: an element, and a value to read and write.
import { h, ticked } from "./dom.ts";
import type { Field } from "./signature.ts";

export interface Control {
  element: HTMLElement;
  /** The value to send. Throws an `Error` with words for the reader where there is none. */
  read: () => Promise<unknown>;
  write: (value: unknown) => void;
  /** A copy of the picture that is sent, where it is one. */
  sent?: () => Element;
}

let serial = 0;

export function row(field: Field, input: HTMLElement, wide = false): HTMLElement {
  const id = `try-${++serial}`;
  (input.matches("input, textarea, select") ? input : input.querySelector("input, textarea") ?? input).id ||= id;
  const target = input.id || id;
  return h("div", { class: wide ? "form-row span" : "form-row" },
    h("label", { for: input.matches("input, textarea, select") ? target : input.querySelector("input, textarea")?.id ?? target }, field.name),
    input, field.about ? h("small", { dir: "auto" }, ...ticked(field.about)) : null);
}
