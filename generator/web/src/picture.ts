// Pictures into the arrays that models take: drawn, loaded from a file, or from an address.
import { h } from "./dom.ts";
import { say } from "./i18n.ts";
import { coarser, inked, laid, paper, placed, type How, type Point, type Stroke } from "./stroke.ts";

function brush(width: number, height: number): CanvasRenderingContext2D {
  const context = h("canvas", { width, height }).getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  return context;
}

/** Grey values, 0 to 1, of a canvas, row by row. */
function greys(context: CanvasRenderingContext2D): Float32Array {
  const { data } = context.getImageData(0, 0, context.canvas.width, context.canvas.height);
  return Float32Array.from({ length: data.length / 4 }, (_, i) =>
    (0.299 * data[i * 4]! + 0.587 * data[i * 4 + 1]! + 0.114 * data[i * 4 + 2]!) / 255);
}

const LOOK = 256;

/** The part of a picture that counts, and what its paper is. */
function part(picture: ImageBitmap, how: How): { box: [number, number, number, number]; ground: number } {
  const shrink = Math.min(1, LOOK / Math.max(picture.width, picture.height));
  const size = { width: Math.max(Math.round(picture.width * shrink), 1), height: Math.max(Math.round(picture.height * shrink), 1) };
  const context = brush(size.width, size.height);
  context.drawImage(picture, 0, 0, size.width, size.height);
  const grey = greys(context);
  const box = how.crop === "stroke" ? inked(grey, size) : { left: 0, top: 0, ...size };
  return { box: [box.left / shrink, box.top / shrink, box.width / shrink, box.height / shrink], ground: paper(grey, size) };
}

/** A picture in a frame, as the module says; its paper all around. */
function framed(picture: ImageBitmap, width: number, height: number, how: How): CanvasRenderingContext2D {
  const { box, ground } = part(picture, how);
  const context = brush(width, height);
  const turned = Boolean(how.ink) && (how.ink === "high") === ground > 0.5;
  const grey = Math.round(ground * 255);
  context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
  context.fillRect(0, 0, width, height);
  const to = laid({ width: box[2], height: box[3] }, { width, height }, how);
  context.drawImage(picture, ...box, to.left, to.top, to.width, to.height);
  if (turned) {
    context.globalCompositeOperation = "difference";
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.globalCompositeOperation = "source-over";
  }
  return context;
}

export function colours(picture: ImageBitmap, width: number, height: number, scale: number, integers: boolean, how: How): number[][][] {
  const { data } = framed(picture, width, height, how).getImageData(0, 0, width, height);
  const value = (byte: number): number => integers ? byte : (byte / 255) * scale;
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => {
    const at = (y * width + x) * 4;
    return [value(data[at]!), value(data[at + 1]!), value(data[at + 2]!)];
  }));
}

const SIDE = 176;

/** A square to draw in, and beside it what the model will see. */
export class Pad {
  readonly canvas = h("canvas", { class: "pad", width: SIDE, height: SIDE, role: "img", "aria-label": say("try.pad") });
  readonly seen: HTMLCanvasElement;
  private readonly context = this.canvas.getContext("2d", { willReadFrequently: true })!;
  private strokes: Stroke[] = [];
  private drawing = false;
  /** A sample's own values, which are sent as they are until something is drawn over them. */
  private exact: number[][] | undefined;
  private picture: ImageBitmap | undefined;

  constructor(
    private readonly height: number, private readonly width: number, private readonly scale: number, private readonly how: How,
    private readonly onDrawn: () => void,
  ) {
    this.seen = h("canvas", { class: "seen", width, height, role: "img", "aria-label": say("try.seen") });
    this.clear();
    this.canvas.addEventListener("pointerdown", (event) => {
      this.drawing = true;
      this.canvas.setPointerCapture(event.pointerId);
      this.strokes.push([this.at(event)]);
      this.show();
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!this.drawing) return;
      this.strokes.at(-1)!.push(this.at(event));
      this.show();
    });
    for (const kind of ["pointerup", "pointercancel"]) this.canvas.addEventListener(kind, () => this.drawing && this.end());
  }

  private end(): void {
    this.drawing = false;
    this.preview();
    this.onDrawn();
  }

  get isEmpty(): boolean {
    return !this.strokes.length && !this.exact && !this.picture;
  }

  private at(event: PointerEvent): Point {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  }

  /** How wide the pen is in a frame of so many pixels across. */
  private pen(across: number): number {
    return Math.max(across / 10, (across / this.width) * 1.1);
  }

  private line(context: CanvasRenderingContext2D, strokes: Stroke[]): void {
    context.lineCap = "round";
    context.lineJoin = "round";
    context.strokeStyle = this.how.ink === "low" ? "#000" : "#fff";
    context.lineWidth = this.pen(context.canvas.width);
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]!);
      for (const point of stroke) context.lineTo(...point);
      context.stroke();
    }
  }

  /** What lies below the strokes: a sample, a picture, or paper. */
  private ground(context: CanvasRenderingContext2D): void {
    const { width, height } = context.canvas;
    context.fillStyle = this.how.ink === "low" ? "#fff" : "#000";
    context.fillRect(0, 0, width, height);
    if (this.exact) {
      const [tall, wide] = [height / this.height, width / this.width];
      this.exact.forEach((row, y) => row.forEach((value, x) => {
        const grey = Math.round((255 * value) / this.scale);
        context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
        context.fillRect(Math.floor(x * wide), Math.floor(y * tall), Math.ceil(wide), Math.ceil(tall));
      }));
    } else if (this.picture) {
      context.drawImage(framed(this.picture, width, height, this.how).canvas, 0, 0);
    }
  }

  private show(): void {
    this.ground(this.context);
    this.line(this.context, this.strokes);
  }

  /** Draw, small, what the model will see. */
  private preview(): void {
    const context = this.seen.getContext("2d")!;
    this.values().forEach((row, y) => row.forEach((value, x) => {
      const grey = Math.round((255 * value) / this.scale);
      context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      context.fillRect(x, y, 1, 1);
    }));
  }

  private begin(exact?: number[][], picture?: ImageBitmap): void {
    this.strokes = [];
    this.exact = exact;
    this.picture = picture;
    this.show();
    this.preview();
  }

  clear(): void {
    this.begin();
  }

  /** Show values as they are, and give them back unless they are drawn over. */
  put(values: number[][]): void {
    this.begin(values);
  }

  load(picture: ImageBitmap): void {
    this.begin(undefined, picture);
  }

  values(): number[][] {
    if (this.exact && !this.strokes.length) return this.exact;
    const fine = Math.max(1, Math.round(SIDE / Math.max(this.width, this.height)));
    const size = { width: this.width * fine, height: this.height * fine };
    const context = brush(size.width, size.height);
    this.ground(context);
    // What is drawn over something stays where it was drawn.
    const how: How = this.exact || this.picture ? { crop: "none" } : this.how;
    if (this.strokes.length) this.line(context, placed(this.strokes, SIDE, size, this.pen(size.width), how));
    return coarser(greys(context), { width: this.width, height: this.height }, fine)
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
