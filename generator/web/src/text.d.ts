declare const text: Record<string, string>;
export default text;
/** Each language that there is a catalogue of, with its own name for itself. */
export const languages: Record<string, string>;
