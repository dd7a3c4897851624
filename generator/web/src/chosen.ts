// Controls for pictures: chosen from a file, fetched from an address, or drawn.
import { h } from "./dom.ts";
import { row, type Control } from "./control.ts";
import { say } from "./i18n.ts";
import { Pad, colours, fetchPicture, fromBase64, toBase64 } from "./picture.ts";
import type { Field } from "./signature.ts";

/** What will be sent: the newest that was put here, or why there is none. Nothing older is ever read. */
class Held<T> {
  private value: Promise<T> | undefined;

  constructor(private readonly missing: string) {}

  /** Take a value that may still be on its way; `shown` is called once it came, if nothing newer was put here. */
  put(value: T | Promise<T>, shown: (value: T) => void = () => undefined): Promise<T> {
    const mine: Promise<T> = Promise.resolve(value).then((come) => {
      if (this.value === mine) shown(come);
      return come;
    });
    this.value = mine;
    return mine;
  }

  clear(): void {
    this.value = undefined;
  }

  async read(): Promise<T> {
    if (!this.value) throw new Error(this.missing);
    return this.value;
  }
}

/**
 * A file to choose, or an address to fetch it from.
 *
 * @param take what makes a value of a picture; it throws where it cannot
 */
function chooser<T>(held: Held<T>, take: (blob: Blob) => Promise<T>, shown: (value: T) => void, gone: () => void): HTMLElement {
  const note = h("small", { role: "status" });
  const put = (picture: Promise<Blob>, failed: string): void => {
    note.textContent = "";
    gone();
    const value = picture.then(take).catch(() => {
      throw new Error(failed);
    });
    held.put(value, shown).catch(() => (note.textContent = failed));
  };
  const file = h("input", { type: "file", accept: "image/*", "aria-label": say("try.file") });
  file.addEventListener("change", () => file.files?.[0] && put(Promise.resolve(file.files[0]), say("try.no_image", { name: file.files[0].name })));
  const address = h("input", { type: "url", placeholder: say("try.url"), "aria-label": say("try.url") });
  address.addEventListener("change", () => address.value && put(fetchPicture(address.value), say("try.url_refused")));
  return h("div", {}, file, address, note);
}

/** A picture that is sent as the bytes of its file. */
export function file(field: Field): Control {
  const held = new Held<string>(say("try.no_picture", { name: field.name }));
  const preview = h("img", { alt: say("try.chosen"), hidden: true });
  const put = (base64: string): void => {
    preview.src = URL.createObjectURL(fromBase64(base64));
    preview.hidden = false;
  };
  const choose = chooser(held, toBase64, put, () => (preview.hidden = true));
  return {
    element: row(field, h("div", { class: "tryit-picture" }, preview, choose), true),
    read: async () => ({ b64: await held.read() }),
    write: (value) => {
      const base64 = String((value as { b64?: string }).b64 ?? "");
      void held.put(base64);
      put(base64);
    },
    sent: () => h("img", { src: preview.src, alt: say("try.sent") }),
  };
}

/** A drawing, or a picture in grey values. */
export function drawing(field: Field): Control {
  const [height, width, depth] = field.shape as [number, number, number?];
  const held = new Held<ImageBitmap | Pad>(say("try.undrawn", { name: field.name }));
  const pad: Pad = new Pad(height, width, field.scale, field.how, () => void held.put(pad));
  const empty = (): void => {
    pad.clear();
    held.clear();
  };
  const clear = h("button", { type: "button", class: "button" }, say("try.clear"));
  clear.addEventListener("click", empty);
  const choose = chooser<ImageBitmap | Pad>(held, createImageBitmap, (picture) => pad.load(picture as ImageBitmap), () => pad.clear());
  const deep = (values: number[][]): unknown => depth === 1 ? values.map((line) => line.map((value) => [value])) : values;
  choose.prepend(h("p", { class: "muted" }, say(field.how.crop === "none" ? "try.draw_whole" : "try.draw", { size: `${width} × ${height}` })), clear);
  const seen = h("figure", { class: "tryit-seen" }, pad.seen, h("figcaption", {}, say("try.seen")));
  return {
    element: row(field, h("div", { class: "tryit-picture" }, pad.canvas, seen, choose), true),
    read: async () => {
      await held.read();
      return deep(pad.values());
    },
    write: (value) => {
      pad.put((value as (number | [number])[][]).map((line) => line.map((item) => Array.isArray(item) ? item[0] : item)));
      void held.put(pad);
    },
    sent: () => copied(pad.seen),
  };
}

/** A picture in colours, in the size that the model takes. */
export function pixels(field: Field): Control {
  const integers = /int/.test(field.dtype);
  const held = new Held<number[][][]>(say("try.no_picture", { name: field.name }));
  const canvas = h("canvas", { width: 1, height: 1, role: "img", "aria-label": say("try.chosen") });
  const show = (value: number[][][]): void => paint(canvas, value, integers ? 255 : field.scale);
  const take = async (blob: Blob): Promise<number[][][]> => {
    const picture = await createImageBitmap(blob);
    const shrink = Math.min(1, 128 / Math.max(picture.width, picture.height));
    const height = field.shape[0]! > 0 ? field.shape[0]! : Math.round(picture.height * shrink);
    const width = field.shape[1]! > 0 ? field.shape[1]! : Math.round(picture.width * shrink);
    return colours(picture, width, height, field.scale, integers, field.how);
  };
  const choose = chooser(held, take, show, () => paint(canvas, [[[0, 0, 0]]], 1));
  return {
    element: row(field, h("div", { class: "tryit-picture" }, canvas, choose), true),
    read: () => held.read(),
    write: (value) => {
      void held.put(value as number[][][]);
      show(value as number[][][]);
    },
    sent: () => copied(canvas),
  };
}

function copied(from: HTMLCanvasElement): HTMLCanvasElement {
  const copy = h("canvas", { width: from.width, height: from.height, role: "img", "aria-label": say("try.sent") });
  copy.getContext("2d")?.drawImage(from, 0, 0);
  return copy;
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
