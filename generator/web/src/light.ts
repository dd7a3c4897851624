// Light, dark, or as the system has it.
import { say } from "./i18n.ts";

export function themeButton(button: HTMLButtonElement | null): void {
  if (!button) return;
  const root = document.documentElement;
  const dark = (): boolean => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const show = (): void => {
    button.setAttribute("aria-label", say(dark() ? "theme.light" : "theme.dark"));
    button.setAttribute("aria-pressed", String(dark()));
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("deepcat-theme", root.dataset.theme);
    } catch {
      // The choice then holds for this page only.
    }
    show();
  });
  show();
}
