// The interface in another language: what the page says already is swapped for the reader's words.
import { all } from "./dom.ts";
import { language } from "./i18n.ts";
import { languages } from "./text.js";

export const KEY = "deepcat-language";
/** What people of the catalog wrote, and what is read by programs: it stays as it is. */
const KEPT = "script, style, pre, code, textarea, svg, option[lang], .prose, .mono, .mono-name, [dir=auto], [translate=no]";
/** Of these the language is told: people of the catalog wrote them. */
const WRITTEN = ".prose, [dir=auto], pre, code";
const SPOKEN = ["aria-label", "title", "placeholder", "alt"];

/** From a text of the pages to the same in the reader's language, as it is or with parts filled in. */
export class Dictionary {
  private readonly patterns: { find: RegExp; names: string[]; words: string }[] = [];

  constructor(private readonly words: Record<string, string>) {
    for (const [text, other] of Object.entries(words)) {
      const names = [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
      const letters = text.replace(/\{\w+\}/g, "").match(/\p{L}/gu)?.length ?? 0;
      // Where anything may stand in the place of a name, so few letters would be found in texts of anybody.
      if (!names.length || letters < (names.every((name) => name === "n") ? 2 : 5)) continue;
      const [first, ...rest] = text.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      // What is counted begins with a digit; a text of anybody that only ends alike is no such text.
      const source = rest.reduce((found, part, i) => `${found}${names[i] === "n" ? "(\\d.*?)" : "(.+?)"}${part}`, first!);
      this.patterns.push({ find: new RegExp(`^${source}$`), names, words: other });
    }
    // The longest first: it says most of what it is for.
    this.patterns.sort((a, b) => b.find.source.length - a.find.source.length);
  }

  /** The text in the other language; itself where the interface does not say it. */
  of(text: string): string {
    const known = Object.hasOwn(this.words, text) ? this.words[text] : undefined;
    if (known !== undefined) return known;
    for (const { find, names, words } of this.patterns) {
      const found = find.exec(text);
      if (found) return words.replace(/\{(\w+)\}/g, (_, name: string) => this.of(found[names.indexOf(name) + 1] ?? ""));
    }
    return text;
  }
}

function swap(dictionary: Dictionary, root: HTMLElement): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
    node instanceof Element && node.matches(KEPT) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Text) {
      const text = node.data.trim();
      const other = text && dictionary.of(text);
      if (other !== text) node.data = node.data.replace(text, () => other);
      continue;
    }
    for (const name of SPOKEN) {
      const text = (node as Element).getAttribute(name);
      if (text) (node as Element).setAttribute(name, dictionary.of(text));
    }
  }
}

// The language that the pages are in, before anything was swapped.
const own = globalThis.document?.documentElement.lang || "en";
let dictionary: Promise<Dictionary> | undefined;

function fetched(): Promise<Dictionary> {
  const at = new URL(`./page-${language}.js`, import.meta.url).href;
  dictionary ??= import(at).then((found: { default: Record<string, string> }) => new Dictionary(found.default));
  return dictionary;
}

/** Swap the words of an element that was made at build time, if the reader chose another language. */
export async function translated(element: HTMLElement): Promise<void> {
  if (language === own) return;
  const found = await fetched();
  const written = element.matches(WRITTEN) ? [element] : [];
  for (const each of [...written, ...all<HTMLElement>(WRITTEN, element)]) {
    if (!each.lang && !each.closest("[lang]:not(html)")) each.lang = own;
  }
  swap(found, element);
}

/** The same of the whole page. */
export async function inTheReadersLanguage(): Promise<void> {
  const root = document.documentElement;
  if (language === own) return;
  try {
    await translated(document.body);
    const found = await fetched();
    document.title = document.title.split(" · ").map((part) => found.of(part)).join(" · ");
    root.lang = language;
  } finally {
    root.classList.remove("swapping");
  }
}

/** The choice of a language, which the browser remembers. */
export function languageChoice(select: HTMLSelectElement | null): void {
  if (!select) return;
  for (const [code, name] of Object.entries(languages)) {
    const option = new Option(name, code, false, code === language);
    option.lang = code;
    select.append(option);
  }
  select.addEventListener("change", () => {
    try {
      localStorage.setItem(KEY, select.value);
      location.reload();
    } catch {
      select.value = language; // nothing remembers the choice
    }
  });
}
