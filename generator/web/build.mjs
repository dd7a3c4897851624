// Bundles what the browser runs into ../../site/overrides/assets, so that nobody else needs Node.
// Every file begins with a digest of the sources; a test compares it with the sources' own.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";

const sources = ["src", "styles"]
  .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`))
  .concat("build.mjs", "package-lock.json")
  .sort();
const digest = createHash("sha256");
for (const path of sources) digest.update(`${path}\0`).update(readFileSync(path));
const banner = `/* sources ${digest.digest("hex").slice(0, 32)} */`;

const tests = process.argv.includes("--tests");
if (tests) {
  rmSync("test/.built", { recursive: true, force: true });
  await build({
    entryPoints: readdirSync("test").filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`),
    outdir: "test/.built",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "inline",
    // The words are written beside the bundle when a website is built; tests have their own.
    plugins: [{
      name: "words",
      setup: ({ onResolve }) => onResolve({ filter: /^\.\/text\.js$/ }, () => ({ path: resolve("test/text.ts") })),
    }],
    logLevel: "warning",
  });
} else {
  const out = "../../site/overrides/assets";
  for (const name of readdirSync(out)) if (/\.(js|css)$/.test(name)) rmSync(`${out}/${name}`);
  const shared = { bundle: true, minify: true, target: ["es2022"], logLevel: "warning", legalComments: "inline" };
  await build({
    ...shared,
    entryPoints: ["deepcat", "catalog", "compare", "module", "deploy", "embed", "training", "trainings", "versions"].map((name) => `src/${name}.ts`),
    outdir: out,
    format: "esm",
    splitting: true,
    chunkNames: "part-[hash]",
    external: ["./text.js"],
    banner: { js: banner },
  });
  await build({
    ...shared, entryPoints: ["src/theme.ts"], outdir: out, format: "iife", banner: { js: banner },
  });
  await build({
    ...shared, entryPoints: ["styles/deepcat.css"], outdir: out, banner: { css: banner },
  });
}
