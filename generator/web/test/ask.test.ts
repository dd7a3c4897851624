// Asks a real server, which answers each path as a deployment in some state does.
import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import { after, before, test } from "node:test";
import type { AddressInfo } from "node:net";
import { TurnedAway, Warming, ask, nobody } from "../src/ask.ts";

const versions = (state: string): string => JSON.stringify({ model_version_status: [{ version: "1", state }] });
// Deployment -> what it answers to a question, and of its state; a status of 0 hangs up.
const STATES: Record<string, [status: number, body: string, state: string]> = {
  well: [200, '{"predictions": [7]}', versions("AVAILABLE")],
  refuses: [400, '{"error": "no such input"}', versions("AVAILABLE")],
  breaks: [500, '{"error": "out of memory"}', versions("AVAILABLE")],
  loads: [404, '{"error": "Servable not found"}', versions("LOADING")],
  starts: [503, "busy", ""],
  other: [200, "<h1>Welcome</h1>", ""],
  absent: [404, '{"error": "no model"}', versions("END")],
  kept: [0, "", ""],
  closed: [401, '{"error": "This server asks for a key or a token"}', ""],
};
const shown: (string | undefined)[] = [];
const server = createServer((request, response: ServerResponse) => {
  const isKnown = request.headers.authorization === "Bearer dck_known";
  if (request.url!.startsWith("/closed")) shown.push(request.headers.authorization);
  const [status, body, state] = isKnown ? STATES.well! : STATES[request.url!.split("/")[1]!]!;
  if (request.method === "GET") response.writeHead(state ? 200 : 404).end(state);
  else if (status) response.writeHead(status).end(body);
  else response.destroy();
});
let address = "";

before(async () => {
  Object.assign(globalThis, { location: new URL("http://127.0.0.1/modules/x/") });
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, writable: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

function asked(url: string): Promise<unknown> {
  return ask({ name: "x", url }, "iris", "predict", "{}", new AbortController().signal);
}

test("an answer, and why there is none, each in words of its own", async () => {
  assert.deepEqual(await asked(`${address}/well`), { predictions: [7] });
  const words = { refuses: "try.error", breaks: "try.broken", other: "try.no_json", absent: "try.error", kept: "try.kept", loads: "try.warming", starts: "try.warming" };
  for (const [name, said] of Object.entries(words)) {
    await assert.rejects(asked(`${address}/${name}`), (error: Error) => {
      assert.equal(error.message, said, name);
      assert.equal(error instanceof Warming, said === "try.warming", name);
      return true;
    });
  }
  await assert.rejects(asked("http://127.0.0.1:9"), { message: "try.silent" });
  Object.assign(globalThis, { navigator: { onLine: false } });
  await assert.rejects(asked("http://127.0.0.1:9"), { message: "try.no_network" });
});

test("who must show a key is told so, and shows it in a header alone", async () => {
  const target = { name: "x", url: `${address}/closed`, asks: "key" };
  const by = (key: string): Promise<unknown> => ask(target, "iris", "predict", "{}", new AbortController().signal, key);
  await assert.rejects(by(""), (error: Error) => error instanceof TurnedAway && error.message === "try.key_wanted");
  await assert.rejects(by("dck_other"), (error: Error) => error instanceof TurnedAway && error.message === "try.key_unknown");
  assert.deepEqual(await by("dck_known"), { predictions: [7] });
  assert.deepEqual(shown, [undefined, "Bearer dck_other", "Bearer dck_known"]);
});

test("what a browser forbids is said before it is tried", async () => {
  Object.assign(globalThis, { location: new URL("https://catalog.example/modules/x/") });
  await assert.rejects(asked("http://far.example"), { message: "try.mixed" });
  await assert.rejects(asked("http://127.0.0.1:9"), { message: "try.local" });
  Object.assign(globalThis, { location: new URL("http://127.0.0.1/modules/x/") });
});

test("whoever waits no longer is not told of a fault", async () => {
  const stop = new AbortController();
  stop.abort();
  await assert.rejects(ask({ name: "x", url: `${address}/well` }, "iris", "predict", "{}", stop.signal), { name: "AbortError" });
});

test("why there is nobody to ask", () => {
  const of = (...statuses: string[]): string => nobody("iris", statuses.map((status) => ({ name: "a", status, rest: "" })));
  assert.deepEqual([of(), of("gone"), of("pending", "failed"), of("failed"), of("running")],
    ["try.nowhere", "try.nowhere", "try.rising", "try.fell", "try.unreachable"]);
});
