// Whom a model's form may ask, how it asks, and in which words it says why there is no answer.
import { say } from "./i18n.ts";

export interface Deployment {
  name: string;
  status: string;
  rest: string;
  /** What callers have to show; empty, or left out by an older catalog, for nothing. */
  asks?: string;
}

export interface Target {
  name: string;
  url: string;
  asks?: string;
}

function isLoopback(host: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(host);
}

/** Whether `deepcat site serve` shows the page: it says so, and leads on to deployments. */
function isOurServer(): boolean {
  const pages = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return pages.some((page) => page.serverTiming.some((each) => each.name === "deepcat"));
}

/** Where the model can be asked: by way of this server where it offers one, else directly. */
export async function targets(module: string, deployments: Deployment[]): Promise<Target[]> {
  let local: { deployments: { name: string; module: string; asks?: string }[] } | undefined;
  if (isLoopback(location.hostname) && isOurServer()) {
    local = await fetch("/serve/").then((response) => response.ok ? response.json() : undefined).catch(() => undefined);
  }
  const near = (local?.deployments ?? []).filter((item) => item.module === module)
    .map((item) => ({ name: item.name, url: `/serve/${encodeURIComponent(item.name)}`, asks: item.asks ?? "" }));
  const far = deployments.filter((item) => item.status === "running" && item.rest && !near.some((known) => known.name === item.name))
    .map((item) => ({ name: item.name, url: item.rest, asks: item.asks ?? "" }));
  return [...near, ...far];
}

/** Why there is nobody to ask. */
export function nobody(module: string, deployments: Deployment[]): string {
  const names = (status: string): string => deployments.filter((item) => item.status === status).map((item) => item.name).join(", ");
  if (names("pending")) return say("try.rising", { names: names("pending") });
  if (names("running")) return say("try.unreachable", { names: names("running") });
  if (names("failed")) return say("try.fell", { names: names("failed") });
  return say("try.nowhere", { name: module });
}

/** Why a browser may not ask an address, as far as it can be told beforehand. */
function hindrance(url: string): string {
  if (!/^https?:/.test(url)) return "";
  const to = new URL(url);
  if (location.protocol === "https:" && to.protocol === "http:" && !isLoopback(to.hostname)) return say("try.mixed", { url });
  if (isLoopback(to.hostname) && !isLoopback(location.hostname)) return say("try.local", { url });
  return "";
}

/** A model that is being loaded: ask again a little later. */
export class Warming extends Error {}

/** Who calls is not let in: without a key or token, or with one that does not count. */
export class TurnedAway extends Error {}

const ABSENT = [404, 502, 503, 504];
const RISING = ["START", "LOADING"];

/**
 * A model's answer.
 *
 * @param key that is shown; empty for none
 * @throws TurnedAway where another key is needed; Warming while it is being loaded; an `Error` with words for the reader where it does not answer
 */
export async function ask({ name, url }: Target, module: string, method: string, body: string, signal: AbortSignal, key = ""): Promise<unknown> {
  const hindered = hindrance(url);
  if (hindered) throw new Error(hindered);
  const model = `${url}/v1/models/${module}`;
  const who: Record<string, string> = key ? { Authorization: `Bearer ${key}` } : {};
  let response: Response;
  try {
    response = await fetch(`${model}:${method}`, { method: "POST", body, headers: { "Content-Type": "text/plain", ...who }, credentials: "omit", redirect: "error", signal });
  } catch {
    signal.throwIfAborted();
    throw new Error(await silence(url, model, signal));
  }
  const text = await response.text();
  const answer = parsed(text);
  if (response.ok && answer !== undefined) return answer;
  if (response.status === 401) throw new TurnedAway(say(key ? "try.key_unknown" : "try.key_wanted", { name }));
  if (response.status === 403 && key) throw new TurnedAway(say("try.key_no", { name }));
  if (ABSENT.includes(response.status) && await isRising(response.status, model, who, signal)) throw new Warming(say("try.warming"));
  const words = (answer as { error?: string } | undefined)?.error ?? (text.length < 300 ? text : "");
  const fill = { status: response.status, words: words || response.statusText };
  if (response.ok) throw new Error(say("try.no_json", fill));
  throw new Error(say(response.status >= 500 ? "try.broken" : "try.error", fill));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether no answer of this status only means that the model is still being loaded. */
async function isRising(status: number, model: string, who: Record<string, string>, signal: AbortSignal): Promise<boolean> {
  const found = await fetch(model, { headers: who, credentials: "omit", redirect: "error", signal }).then((response) => response.json()).catch(() => undefined) as
    { model_version_status?: { state: string }[] } | undefined;
  const states = (found?.model_version_status ?? []).map((version) => version.state);
  if (states.includes("AVAILABLE")) return false;
  return status === 503 || states.some((state) => RISING.includes(state));
}

/** Why nothing came back: the reader is offline, the browser keeps the answer, or nobody is there. */
async function silence(url: string, model: string, signal: AbortSignal): Promise<string> {
  if (!navigator.onLine) return say("try.no_network");
  const isThere = await fetch(model, { mode: "no-cors", signal }).then(() => true, () => false);
  return say(isThere ? "try.kept" : "try.silent", { url });
}
