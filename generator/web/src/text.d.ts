// The interface's words, written beside the bundle by the build from site/text/<language>.yaml.
declare const text: Record<string, string>;
export default text;
