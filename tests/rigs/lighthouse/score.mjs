// Scores pages with Lighthouse: node score.mjs CHROMIUM mobile|desktop CATEGORY[,CATEGORY …] ADDRESS …
// One line of JSON a page: its address, the score of each category, and the audits that cost points.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import lighthouse, { desktopConfig } from "lighthouse";

const FLAGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
];
const [chromium, way, categories, ...addresses] = process.argv.slice(2);

/** Starts the browser; its port is in the line that it writes once it listens. */
function start(profile) {
  const browser = spawn(chromium, [...FLAGS, `--user-data-dir=${profile}`], { stdio: ["ignore", "ignore", "pipe"] });
  return new Promise((resolve, reject) => {
    let said = "";
    browser.once("exit", () => reject(new Error(`the browser ended: ${said}`)));
    browser.stderr.on("data", (piece) => {
      said += piece;
      const port = /listening on ws:\/\/[^:]+:(\d+)/.exec(said)?.[1];
      if (port) resolve({ browser, port: Number(port) });
    });
  });
}

function lost(lhr, category) {
  return lhr.categories[category].auditRefs
    .filter(({ id, weight }) => weight && (lhr.audits[id].score ?? 1) < 1)
    .map(({ id }) => `${id}: ${lhr.audits[id].displayValue ?? lhr.audits[id].title}`);
}

async function page(port, address) {
  const options = { port, onlyCategories: categories.split(","), logLevel: "error", disableFullPageScreenshot: true };
  const { lhr } = await lighthouse(address, options, way === "desktop" ? desktopConfig : undefined);
  if (lhr.runtimeError) throw new Error(`${address}: ${lhr.runtimeError.message}`);
  const scores = Object.entries(lhr.categories).map(([name, { score }]) => [name, Math.round((score ?? 0) * 100)]);
  const missed = Object.fromEntries(scores.filter(([, score]) => score < 100).map(([name]) => [name, lost(lhr, name)]));
  console.log(JSON.stringify({ address, scores: Object.fromEntries(scores), missed }));
}

/** Removes a folder; what the browser's last processes still write there may take a moment. */
async function remove(folder, tries = 40) {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (!tries) throw error;
    await new Promise((resolve) => setTimeout(resolve, 250));
    await remove(folder, tries - 1);
  }
}

const profile = mkdtempSync(join(tmpdir(), "lighthouse-"));
const { browser, port } = await start(profile);
try {
  for (const address of addresses) await page(port, address);
} finally {
  browser.removeAllListeners("exit");
  const gone = new Promise((resolve) => browser.once("exit", resolve));
  browser.kill();
  await gone;
  await remove(profile);
}
