// One control for each field of a model's form.
import { h } from "./dom.ts";
import { parse, stringify } from "./exact.ts";
import { Pad, colours, fetchPicture, fromBase64, toBase64 } from "./picture.ts";
import type { Field } from "./signature.ts";
import { say } from "./i18n.ts";

export interface Control {
  element: HTMLElement;
  /** The value to send. Throws an `Error` with words for the reader where there is none. */
  read: () => Promise<unknown>;
  write: (value: unknown) => void;
}

let serial = 0;

function row(field: Field, input: HTMLElement, wide = false): HTMLElement {
  const id = `try-${++serial}`;
  (input.matches("input, textarea, select") ? input : input.querySelector("input, textarea") ?? input).id ||= id;
  const target = input.id || id;
  return h("div", { class: wide ? "form-row span" : "form-row" },
    h("label", { for: input.matches("input, textarea, select") ? target : input.querySelector("input, textarea")?.id ?? target }, field.name),
    input, field.about ? h("small", {}, field.about) : null);
}

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
    element: h("div", { class: "form-row span" }, h("span", { class: "label" }, field.name), group, field.about ? h("small", {}, field.about) : null),
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

/** A file to choose, or an address to fetch it from. */
function chooser(onPicture: (blob: Blob) => void): HTMLElement {
  const note = h("small", { role: "status" });
  const file = h("input", { type: "file", accept: "image/*", "aria-label": say("try.file") });
  file.addEventListener("change", () => file.files?.[0] && onPicture(file.files[0]));
  const address = h("input", { type: "url", placeholder: say("try.url"), "aria-label": say("try.url") });
  address.addEventListener("change", () => {
    note.textContent = "";
    if (!address.value) return;
    fetchPicture(address.value).then(onPicture).catch(() => (note.textContent = say("try.url_refused")));
  });
  return h("div", {}, file, address, note);
}

function file(field: Field): Control {
  let base64 = "";
  const preview = h("img", { alt: say("try.chosen"), hidden: true });
  const put = (blob: Blob): void => {
    preview.src = URL.createObjectURL(blob);
    preview.hidden = false;
  };
  const choose = chooser((blob) => {
    put(blob);
    void toBase64(blob).then((text) => (base64 = text));
  });
  return {
    element: row(field, h("div", { class: "tryit-picture" }, preview, choose), true),
    read: async () => {
      if (!base64) throw new Error(say("try.no_picture", { name: field.name }));
      return { b64: base64 };
    },
    write: (value) => {
      base64 = String((value as { b64?: string }).b64 ?? "");
      put(fromBase64(base64));
    },
  };
}

function drawing(field: Field): Control {
  const [height, width, depth] = field.shape as [number, number, number?];
  const pad = new Pad(height, width, field.scale);
  const clear = h("button", { type: "button", class: "button" }, say("try.clear"));
  clear.addEventListener("click", () => pad.clear());
  const choose = chooser((blob) => void createImageBitmap(blob).then((picture) => pad.load(picture)));
  const deep = (values: number[][]): unknown => depth === 1 ? values.map((line) => line.map((value) => [value])) : values;
  choose.prepend(h("p", { class: "muted" }, say("try.draw", { size: `${width} × ${height}` })), clear);
  return {
    element: row(field, h("div", { class: "tryit-picture" }, pad.canvas, choose), true),
    read: async () => deep(pad.values()),
    write: (value) => pad.put((value as (number | [number])[][]).map((line) => line.map((item) => Array.isArray(item) ? item[0] : item))),
  };
}

function pixels(field: Field): Control {
  let value: unknown;
  const canvas = h("canvas", { width: 1, height: 1, role: "img", "aria-label": say("try.chosen") });
  const choose = chooser((blob) => void createImageBitmap(blob).then((picture) => {
    const shrink = Math.min(1, 128 / Math.max(picture.width, picture.height));
    const height = field.shape[0]! > 0 ? field.shape[0]! : Math.round(picture.height * shrink);
    const width = field.shape[1]! > 0 ? field.shape[1]! : Math.round(picture.width * shrink);
    value = colours(picture, width, height, field.scale, /int/.test(field.dtype));
    paint(canvas, value as number[][][], /int/.test(field.dtype) ? 255 : field.scale);
  }));
  return {
    element: row(field, h("div", { class: "tryit-picture" }, canvas, choose), true),
    read: async () => {
      if (!value) throw new Error(say("try.no_picture", { name: field.name }));
      return value;
    },
    write: (given) => {
      value = given;
      paint(canvas, given as number[][][], /int/.test(field.dtype) ? 255 : field.scale);
    },
  };
}

/** Draw rows of colours. */
export function paint(canvas: HTMLCanvasElement, rows: number[][][], scale: number): void {
  const [height, width] = [rows.length, rows[0]?.length ?? 0];
  canvas.height = height;
  canvas.width = width;
  const image = new ImageData(width, height);
  rows.forEach((line, y) => line.forEach((colour, x) => {
    const at = (y * width + x) * 4;
    for (let k = 0; k < 3; k++) image.data[at + k] = ((colour[k] ?? colour[0] ?? 0) / scale) * 255;
    image.data[at + 3] = 255;
  }));
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

const MAKERS = { number: single, numbers: several, text, truth, json, file, drawing, pixels };

export function control(field: Field): Control {
  return MAKERS[field.kind](field);
}
