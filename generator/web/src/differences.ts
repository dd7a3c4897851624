// What two versions of a module differ in. Pure.
export type Facts = Record<string, string>;
export interface Row {
  kind: string;
  name: string;
  before: string;
  after: string;
}

const KINDS = ["about", "metrics", "samples", "topology", "readme"];

/** The facts that differ, in order of kinds; the generator's `differences` gives the same. */
export function differences(before: Facts, after: Facts): Row[] {
  return Object.keys({ ...before, ...after })
    .filter((name) => before[name] !== after[name])
    .map((name) => {
      const cut = name.indexOf(" ");
      return { kind: name.slice(0, cut), name: name.slice(cut + 1), before: before[name] ?? "", after: after[name] ?? "" };
    })
    .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}
