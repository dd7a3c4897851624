// The page of a training that goes on: while it is looked at, how it goes now.
import { find, h, ticked } from "./dom.ts";
import { say } from "./i18n.ts";
import { BADGES, number, plot } from "./plots.ts";
import { Polling } from "./polling.ts";
import type { Point } from "./plotted.ts";

interface Goes {
  state: string;
  progress: number | null;
  message: string;
  lasted: string;
  failure: string;
  metrics: Record<string, number>;
}

const OVER = new Set(["ended", "failed", "lost", "stopped", "pruned"]);
const polling = new Polling(Date.now());

function tell(goes: Goes): void {
  const badge = find<HTMLElement>(".badges .badge")!;
  const state = say(`trainings.states.${goes.state}`);
  if (badge.textContent !== state) {
    badge.className = `badge badge-${BADGES[goes.state] ?? "plain"}`;
    badge.textContent = state;
  }
  const place = find<HTMLElement>("#goes")!;
  const label = say("trainings.progress");
  const done = Math.round((goes.progress ?? 0) * 100);
  place.replaceChildren(
    ...(goes.progress === null || OVER.has(goes.state) ? [] : [h("progress", { max: 100, value: done, "aria-label": label }, `${done} %`), " "]),
    h("span", { dir: "auto" }, goes.message));
  if (goes.failure) place.after(h("p", { class: "note note-warn", dir: "auto" }, ...ticked(goes.failure)));
  const lasted = find<HTMLElement>("#lasted");
  if (lasted && goes.lasted) lasted.textContent = goes.lasted;
  find("#metrics")!.replaceChildren(...Object.entries(goes.metrics).map(([name, value]) =>
    h("li", {}, h("span", { dir: "auto" }, name), " ", h("span", { class: "mono" }, number(value)))));
}

function draw(curves: Record<string, Point[]>): void {
  find("#curves")!.replaceChildren(...Object.entries(curves).filter(([, points]) => points.length > 1).map(([name, points]) =>
    h("figure", { class: "curve-of" }, h("figcaption", { dir: "auto" }, name), plot(name, [points], [""]))));
}

async function ask(): Promise<void> {
  let [status, text] = [0, ""];
  try {
    const response = await fetch("state.json", { cache: "no-cache" });
    status = response.status;
    if (response.ok) text = await response.text();
    if (text && polling.isNew(text)) {
      const goes = JSON.parse(text) as Goes;
      const curves = await fetch("curves.json", { cache: "no-cache" });
      if (curves.ok) draw(await curves.json() as Record<string, Point[]>);
      tell(goes);
      if (OVER.has(goes.state)) polling.end();
    }
  } catch {
    // Whoever is offline for a moment asks again.
  }
  const next = polling.after(status, text, Date.now());
  if (next === "reload") location.reload();
  if (typeof next === "number") setTimeout(again, next);
}

/** A page that nobody looks at asks nothing, and goes on when somebody does. */
function again(): void {
  if (document.visibilityState === "visible") void ask();
  else document.addEventListener("visibilitychange", () => void ask(), { once: true });
}

if (find("#training")) again();
