// Cards as they were made at build time, fetched a few in a file. It is the same HTML as on the pages.
import { shardOf } from "./columns.ts";
import { load } from "./data.ts";
import { translated } from "./language.ts";

const parser = new DOMParser();

/** The titles of these modules, as their cards have them; those that cannot be had are left out. */
export async function titles(names: string[], shards: number): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [name, made] of await parsed(names, shards)) {
    const title = made.querySelector("h3 a")?.textContent;
    if (title) found.set(name, title);
  }
  return found;
}

/** The cards of these modules, each an element of its own; those that cannot be had are left out. */
export async function cards(names: string[], shards: number): Promise<Map<string, HTMLLIElement>> {
  const found = await parsed(names, shards);
  for (const made of found.values()) await translated(document.adoptNode(made));
  return found;
}

async function parsed(names: string[], shards: number): Promise<Map<string, HTMLLIElement>> {
  const wanted = new Set(names.map((name) => shardOf(name, shards)));
  const files = await Promise.all([...wanted].map(
    (shard) => load<Record<string, string>>(`search/cards/${shard}.json`).catch(() => ({} as Record<string, string>))));
  const found = new Map<string, HTMLLIElement>();
  for (const name of names) {
    const html = files.map((file) => file[name]).find(Boolean);
    const made = html && parser.parseFromString(html, "text/html").querySelector("li");
    if (made) found.set(name, made);
  }
  return found;
}
