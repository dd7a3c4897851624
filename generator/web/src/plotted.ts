// Where values lie in a picture. Pure; `views/curves.py` draws a training's own curves alike.
export type Point = [number, number];

/** A share from 0 to 1 between two ends; the middle where they are one. */
export function share(value: number, [low, high]: readonly [number, number]): number {
  return high > low ? (value - low) / (high - low) : 0.5;
}

export function ends(values: number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

/** The values at the bottom and at the top of a picture: never the same one. */
export function span(values: number[], logarithmic = false): [number, number] {
  const [low, high] = ends(values);
  if (high > low) return [low, high];
  if (logarithmic) return [low / 10, high * 10];
  const room = Math.abs(low) / 10 || 1;
  return [low - room, high + room];
}

/** Whether values span so much that all but the largest would lie on the ground. */
export function isLogarithmic(values: number[]): boolean {
  const [low, high] = ends(values);
  return low > 0 && high / low > 100;
}

/** Round values between two ends, at most five; powers of ten where heights are logarithms. */
export function ticks([low, high]: readonly [number, number], logarithmic = false): number[] {
  if (logarithmic) {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const each = Math.max(1, Math.ceil((last - first + 1) / 5));
    return Array.from({ length: Math.max(0, Math.floor((last - first) / each) + 1) }, (_, n) => 10 ** (first + n * each));
  }
  if (!(high > low)) return [low];
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough * (1 - 1e-9))!;
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at++) found.push(Number((at * step).toPrecision(12)));
  return found;
}

/** All trainings, a list for each column. */
export interface Listed {
  id: string[];
  state: string[];
  began: string[];
  seconds: (number | null)[];
  metrics: Record<string, (number | null)[]>;
  inputs: Record<string, (string | null)[]>;
  sweep?: string[];
  /** Name of each sweep -> the metric by which its trainings are compared, and whether more of it is better. */
  by?: Record<string, [string, boolean]>;
}

export interface Side {
  name: string;
  differs: boolean;
  values: (string | number | null)[];
}

/** What some trainings were given and came to, the inputs that differ first. */
export function sides(all: Listed, ids: string[]): { inputs: Side[]; metrics: Side[] } {
  const at = ids.map((id) => all.id.indexOf(id));
  const rows = (columns: Record<string, (string | number | null)[]>): Side[] => Object.entries(columns)
    .map(([name, column]) => ({ name, values: at.map((n) => column[n] ?? null) }))
    .filter(({ values }) => values.some((each) => each !== null))
    .map((row) => ({ ...row, differs: new Set(row.values).size > 1 }))
    .sort((a, b) => Number(b.differs) - Number(a.differs));
  return { inputs: rows(all.inputs), metrics: rows(all.metrics) };
}

/** The trainings by a column, the highest first; those that have no value last. */
export function ordered(all: Listed, column: string, kind: "metrics" | "inputs", down: boolean): number[] {
  const values = all[kind][column] ?? [];
  const number = (n: number): number => {
    const value = values[n];
    return value === null || value === undefined || value === "" ? NaN : Number(value);
  };
  return all.id.map((_, n) => n).sort((a, b) => {
    const [x, y] = [number(a), number(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
    return (down ? y - x : x - y) || a - b;
  });
}

/** The trainings of a sweep, the best first. */
export function trials(all: Listed, sweep: string, metric: string, higher: boolean): number[] {
  return ordered(all, metric, "metrics", higher).filter((n) => all.sweep?.[n] === sweep);
}

export interface Axis {
  name: string;
  ends: [number, number];
  values: (number | null)[];
}

/** The columns of numbers that differ, for parallel coordinates: inputs, then metrics. */
export function axes(all: Listed, ids: string[]): Axis[] {
  const at = ids.map((id) => all.id.indexOf(id));
  const found: Axis[] = [];
  for (const columns of [all.inputs, all.metrics]) {
    for (const [name, column] of Object.entries(columns)) {
      const values = at.map((n) => {
        const value = column[n];
        const read = value === null || value === undefined || value === "" ? NaN : Number(value);
        return Number.isFinite(read) ? read : null;
      });
      const known = values.filter((each): each is number => each !== null);
      if (new Set(known).size > 1) found.push({ name, ends: ends(known), values });
    }
  }
  return found;
}
