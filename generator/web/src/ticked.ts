// Which modules the reader ticked to compare, as the address holds it. Pure.
import { isName } from "./wish.ts";

/** More do not stand side by side on any screen. */
export const MOST = 6;

/** The modules that an address names, each once, at most `MOST`. */
export function ticked(search: string): string[] {
  const names = (new URLSearchParams(search).get("m") ?? "").split(",").filter(isName);
  return [...new Set(names)].slice(0, MOST);
}

/** The same address with these modules named. */
export function withTicked(search: string, names: readonly string[]): string {
  const given = new URLSearchParams(search);
  given.delete("m");
  const rest = given.toString();
  const parts = [rest, names.length ? `m=${names.join(",")}` : ""].filter(Boolean);
  return parts.length ? `?${parts.join("&")}` : "";
}

/** What is ticked once a module is ticked or not; one too many is not taken. */
export function withTick(names: readonly string[], name: string, on: boolean): string[] {
  const others = names.filter((each) => each !== name);
  return on && others.length < MOST ? [...others, name] : others;
}
