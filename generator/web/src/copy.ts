// A button on every block of code that copies it.
import { all, h } from "./dom.ts";
import { say } from "./i18n.ts";

export function copyButtons(): void {
  for (const block of all<HTMLElement>("pre")) {
    if (block.closest("[data-plain]") || !block.textContent?.trim()) continue;
    const button = h("button", { type: "button", class: "copy", "aria-label": say("copy.copy") });
    button.addEventListener("click", () => {
      void navigator.clipboard?.writeText(block.querySelector("code")?.textContent ?? "").then(() => {
        button.classList.add("done");
        button.setAttribute("aria-label", say("copy.done"));
        setTimeout(() => {
          button.classList.remove("done");
          button.setAttribute("aria-label", say("copy.copy"));
        }, 1600);
      });
    });
    const frame = h("div", { class: "code" });
    block.replaceWith(frame);
    frame.append(block, button);
    block.tabIndex = 0;
  }
}
