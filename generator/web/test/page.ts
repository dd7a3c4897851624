// A document to make elements in. Imported first, before the code that asks for one.
import { GlobalRegistrator } from "@happy-dom/global-registrator";

GlobalRegistrator.register({ url: "http://catalog.example/modules/" });
document.documentElement.lang = "en";
// What lies under an address, for the code that fetches it.
export const files = new Map<string, unknown>();
export const fetched: string[] = [];
globalThis.fetch = async (address) => {
  const path = new URL(String(address), location.href).pathname.replace(/^\/(modules\/)?/, "");
  fetched.push(path);
  return files.has(path) ? Response.json(files.get(path)) : new Response("", { status: 404 });
};
