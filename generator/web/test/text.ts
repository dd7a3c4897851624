// Stands for the words of the interface: each key says itself, and then what fills it.
export default new Proxy({} as Record<string, string>, {
  get: (_, key) => key === "words.test" ? "{n} of {name}" : key === "language" ? "en" : String(key),
});
export const languages = { en: "English", de: "Deutsch" };
