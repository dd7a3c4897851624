// One control for each field of a model's form.
import { drawing, file, pixels } from "./chosen.ts";
import { row, type Control } from "./control.ts";
import { h, ticked } from "./dom.ts";
import { parse, stringify } from "./exact.ts";
import type { Field } from "./signature.ts";
import { say } from "./i18n.ts";

function parsed(field: Field, text: string): number {
  const value = Number(text.trim().replace(",", "."));
  if (!text.trim() || Number.isNaN(value)) throw new Error(say("try.number", { name: field.name }));
  return value;
}

function single(field: Field): Control {
  const input = h("input", { type: "text", inputmode: "decimal" });
  return {
    element: row(field, input),
    read: async () => parsed(field, input.value),
    write: (value) => (input.value = String(value)),
  };
}

function several(field: Field): Control {
  const count = field.shape[0]!;
  const inputs = Array.from({ length: count }, (_, i) =>
    h("input", { type: "text", inputmode: "decimal", "aria-label": `${field.name} ${i + 1}` }));
  const group = h("div", { class: "tryit-numbers", role: "group", "aria-label": field.name }, ...inputs);
  return {
    element: h("div", { class: "form-row span" }, h("span", { class: "label" }, field.name), group, field.about ? h("small", { dir: "auto" }, ...ticked(field.about)) : null),
    read: async () => inputs.map((input) => parsed(field, input.value)),
    write: (value) => (value as unknown[]).forEach((item, i) => inputs[i] && (inputs[i].value = String(item))),
  };
}

function text(field: Field): Control {
  const input = h("textarea", { rows: 3 });
  return {
    element: row(field, input, true),
    read: async () => input.value,
    write: (value) => (input.value = String(value)),
  };
}

function truth(field: Field): Control {
  const input = h("input", { type: "checkbox" });
  return {
    element: row(field, input),
    read: async () => input.checked,
    write: (value) => (input.checked = value === true),
  };
}

export function json(field: Field): Control {
  const input = h("textarea", { rows: 6, spellcheck: "false" });
  return {
    element: row(field, input, true),
    read: async () => {
      try {
        return parse(input.value);
      } catch {
        throw new Error(say("try.json", { name: field.name }));
      }
    },
    write: (value) => (input.value = stringify(value)),
  };
}

const MAKERS = { number: single, numbers: several, text, truth, json, file, drawing, pixels };

export function control(field: Field): Control {
  return MAKERS[field.kind](field);
}
