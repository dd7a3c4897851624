// Words of the interface by key, with `{name}` filled in, in the form that goes with `n`.
import text from "./text.js";

/** The language that the words are in. */
export const language = text.language ?? "en";
const forms = new Intl.PluralRules(language);

export function say(key: string, values: Record<string, string | number> = {}): string {
  const words = text[key] ?? text[`${key}.${forms.select(Number(values.n))}`] ?? text[`${key}.other`] ?? key;
  return words.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? value.toLocaleString(language) : value;
  });
}
