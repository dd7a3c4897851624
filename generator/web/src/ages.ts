// `<time data-age>` says how long ago it was; the instant itself stays in its title.
import { language } from "./i18n.ts";
import { all } from "./dom.ts";

const UNITS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3600], ["minute", 60],
];

export function age(then: number, now: number, language = "en"): string {
  const seconds = Math.round((then - now) / 1000);
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  return words.format(Math.trunc(seconds / length), unit);
}

export function ages(): void {
  for (const element of all<HTMLTimeElement>("time[data-age]")) {
    const then = Date.parse(element.dateTime);
    if (Number.isNaN(then)) continue;
    element.title = element.textContent ?? "";
    element.textContent = age(then, Date.now(), language);
  }
}
