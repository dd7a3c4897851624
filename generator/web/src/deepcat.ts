// On every page: the quick search, light or dark, code to copy, times that are told by their age.
import { copyButtons } from "./copy.ts";
import { all, find } from "./dom.ts";
import { slash } from "./keys.ts";
import { Quick } from "./quick.ts";
import { ages } from "./ages.ts";
import { inTheReadersLanguage, languageChoice } from "./language.ts";
import { themeButton } from "./light.ts";
import { ticks } from "./ticks.ts";

function visible(element: HTMLElement): boolean {
  return element.offsetParent !== null && getComputedStyle(element).visibility !== "hidden";
}

/** The menu shows in which part of the website the reader is. */
function here(): void {
  for (const link of all<HTMLAnchorElement>(".menu a")) {
    if (location.pathname.startsWith(link.pathname)) link.setAttribute("aria-current", "true");
  }
}

/** What scrolls sideways can be reached by keyboard, and only while it does. */
function scrollers(): void {
  const fit = (element: HTMLElement): void => {
    const wide = element.scrollWidth > element.clientWidth;
    element.toggleAttribute("tabindex", wide);
    if (wide) element.tabIndex = 0;
  };
  const watcher = new ResizeObserver((seen) => seen.forEach(({ target }) => fit(target as HTMLElement)));
  for (const element of all<HTMLElement>(".scroll, .prose table")) watcher.observe(element);
}

languageChoice(find<HTMLSelectElement>("select.language"));
void inTheReadersLanguage();
here();
scrollers();
for (const input of all<HTMLInputElement>("input[data-quick]")) new Quick(input);
slash(() => find<HTMLElement>("#q") ?? all<HTMLElement>("input[data-quick]").reverse().find(visible) ?? null);
themeButton(find<HTMLButtonElement>("button.theme"));
copyButtons();
ages();
ticks();
