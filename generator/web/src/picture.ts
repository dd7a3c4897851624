// Pictures into the arrays that models take: drawn, loaded from a file, or from an address.
import { h } from "./dom.ts";
import { say } from "./i18n.ts";

/** Grey values, 0 to 1, of what was drawn light on dark. */
function greys(source: CanvasImageSource, width: number, height: number): number[][] {
  const canvas = h("canvas", { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => {
    const at = (y * width + x) * 4;
    return (0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!) / 255;
  }));
}

export function colours(source: CanvasImageSource, width: number, height: number, scale: number, integers: boolean): number[][][] {
  const canvas = h("canvas", { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(source, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const value = (byte: number): number => integers ? byte : (byte / 255) * scale;
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => {
    const at = (y * width + x) * 4;
    return [value(data[at]!), value(data[at + 1]!), value(data[at + 2]!)];
  }));
}

const SIDE = 176;

/** A square to draw in, and to look at what a sample holds. */
export class Pad {
  readonly canvas = h("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": say("try.pad") });
  private readonly context = this.canvas.getContext("2d", { willReadFrequently: true })!;
  private drawing = false;
  private exact: number[][] | undefined;

  constructor(private readonly height: number, private readonly width: number, private readonly scale: number) {
    this.clear();
    this.context.lineCap = "round";
    this.context.lineJoin = "round";
    this.context.strokeStyle = "#fff";
    this.canvas.addEventListener("pointerdown", (event) => {
      this.drawing = true;
      this.exact = undefined;
      this.canvas.setPointerCapture(event.pointerId);
      this.context.beginPath();
      this.context.moveTo(...this.at(event));
      this.line(event);
    });
    this.canvas.addEventListener("pointermove", (event) => this.drawing && this.line(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(kind, () => (this.drawing = false));
    }
  }

  private at(event: PointerEvent): [number, number] {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  }

  private line(event: PointerEvent): void {
    this.context.lineWidth = Math.max(SIDE / 10, (SIDE / this.width) * 1.1);
    this.context.lineTo(...this.at(event));
    this.context.stroke();
  }

  clear(): void {
    this.exact = undefined;
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, SIDE, SIDE);
  }

  /** Show values as they are, and give them back unless they are drawn over. */
  put(values: number[][]): void {
    this.clear();
    this.exact = values;
    const [tall, wide] = [SIDE / this.height, SIDE / this.width];
    values.forEach((row, y) => row.forEach((value, x) => {
      const grey = Math.round((255 * value) / this.scale);
      this.context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      this.context.fillRect(x * wide, y * tall, wide + 0.5, tall + 0.5);
    }));
  }

  load(picture: CanvasImageSource): void {
    this.exact = undefined;
    this.context.drawImage(picture, 0, 0, SIDE, SIDE);
  }

  values(): number[][] {
    return this.exact ?? greys(this.canvas, this.width, this.height)
      .map((row) => row.map((value) => Math.round(value * this.scale * 1000) / 1000));
  }
}

/** An address's picture; the page's policy lets it ask its own origin only. */
export async function fetchPicture(address: string): Promise<Blob> {
  const response = await fetch(new URL(address, location.href));
  if (!response.ok) throw new Error(String(response.status));
  return response.blob();
}

export async function toBase64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

export function fromBase64(text: string): Blob {
  return new Blob([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))]);
}
