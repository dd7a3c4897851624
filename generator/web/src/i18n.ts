// Words of the interface by key, with `{name}` filled in.
import text from "./text.js";

export function say(key: string, values: Record<string, string | number> = {}): string {
  const words = text[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
