// What was drawn, or a picture's ink, put into the frame that a model was taught with. Pure.

/** How a picture becomes a model's input, as a sample's `preprocessing` says it. */
export interface How {
  crop?: "stroke" | "none";
  fit?: "contain" | "stretch";
  margin?: number;
  centre?: "box" | "mass";
  ink?: "high" | "low";
}

export type Point = [x: number, y: number];
export type Stroke = Point[];

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

interface Size {
  width: number;
  height: number;
}

/** The least box around points. */
function around(points: Point[]): Box {
  const least = (at: 0 | 1): number => points.reduce((low, point) => Math.min(low, point[at]), Infinity);
  const most = (at: 0 | 1): number => points.reduce((high, point) => Math.max(high, point[at]), -Infinity);
  return { left: least(0), top: least(1), width: most(0) - least(0), height: most(1) - least(1) };
}

/** The middle of the ink: each part of a line counts by its length. */
function mass(strokes: Stroke[]): Point {
  let [sum, x, y] = [0, 0, 0];
  for (const stroke of strokes) {
    stroke.forEach((to, i) => {
      const from = stroke[Math.max(i - 1, 0)]!;
      const weight = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1e-6;
      sum += weight;
      x += (weight * (from[0] + to[0])) / 2;
      y += (weight * (from[1] + to[1])) / 2;
    });
  }
  return [x / sum, y / sum];
}

/** Scales across and down that bring a box into the space there is. */
function scales(box: Size, room: Size, stretch: boolean, most: number): Point {
  const across = Math.min(box.width ? room.width / box.width : Infinity, most);
  const down = Math.min(box.height ? room.height / box.height : Infinity, most);
  return stretch ? [across, down] : [Math.min(across, down), Math.min(across, down)];
}

// A dot is no digit a pixel high: nothing is made larger than by this.
const MOST = 12;

/**
 * Strokes where they belong in a frame: cut out by their box, in the middle, as large as it takes.
 *
 * @param strokes what was drawn on a square of the side `from`
 * @param pen the width of the line that they will be drawn with, in the frame's units
 */
export function placed(strokes: Stroke[], from: number, to: Size, pen: number, how: How): Stroke[] {
  if (how.crop === "none") return moved(strokes, [0, 0], [to.width / from, to.height / from], [0, 0]);
  const box = around(strokes.flat());
  const free = how.margin ?? 0;
  const room = { width: Math.max(to.width * (1 - 2 * free) - pen, 0), height: Math.max(to.height * (1 - 2 * free) - pen, 0) };
  const scale = scales(box, room, how.fit === "stretch", (MOST * Math.max(to.width, to.height)) / from);
  const middle: Point = how.centre === "mass" ? mass(strokes) : [box.left + box.width / 2, box.top + box.height / 2];
  return moved(strokes, middle, scale, [to.width / 2, to.height / 2]);
}

function moved(strokes: Stroke[], middle: Point, scale: Point, to: Point): Stroke[] {
  return strokes.map((stroke) => stroke.map(([x, y]): Point => [(x - middle[0]) * scale[0] + to[0], (y - middle[1]) * scale[1] + to[1]]));
}

/** Grey values of a fine raster, `fine` by `fine` of which make one of the coarse one. */
export function coarser(grey: ArrayLike<number>, { width, height }: Size, fine: number): number[][] {
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => {
    let sum = 0;
    for (let v = 0; v < fine; v++) {
      for (let u = 0; u < fine; u++) sum += grey[(y * fine + v) * width * fine + x * fine + u]!;
    }
    return sum / (fine * fine);
  }));
}

/** What a picture's paper is: the middle one of the grey values at its border. */
export function paper(grey: ArrayLike<number>, { width, height }: Size): number {
  const border: number[] = [];
  for (let x = 0; x < width; x++) border.push(grey[x]!, grey[(height - 1) * width + x]!);
  for (let y = 0; y < height; y++) border.push(grey[y * width]!, grey[y * width + width - 1]!);
  return border.sort((a, b) => a - b)[border.length >> 1] ?? 0;
}

// So far a grey value is from the paper's where there is ink.
const INK = 0.25;

/** The box around a picture's ink; all of it where there is none. */
export function inked(grey: ArrayLike<number>, size: Size): Box {
  const ground = paper(grey, size);
  const points: Point[] = [];
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) if (Math.abs(grey[y * size.width + x]! - ground) > INK) points.push([x, y]);
  }
  if (!points.length) return { left: 0, top: 0, ...size };
  const box = around(points);
  return { ...box, width: box.width + 1, height: box.height + 1 };
}

/** Where a part of a picture lies in a frame: its box there. */
export function laid(part: Size, to: Size, how: How): Box {
  const free = how.margin ?? 0;
  const room = { width: to.width * (1 - 2 * free), height: to.height * (1 - 2 * free) };
  const [across, down] = scales(part, room, how.fit !== "contain", Infinity);
  const [width, height] = [part.width * across, part.height * down];
  return { left: (to.width - width) / 2, top: (to.height - height) / 2, width, height };
}
