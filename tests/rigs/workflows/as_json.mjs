// A loader of modules: GitHub's parser imports JSON as bundlers allow it, and Node wants to be told so.
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  return found.url.endsWith(".json") ? { ...found, importAttributes: { type: "json" } } : found;
}
