// Runs before the first paint: takes the reader's choice of light or dark and of a language, and says that scripts run.
const root = document.documentElement;
root.classList.remove("no-js");
root.classList.add("js");
try {
  const choice = localStorage.getItem("deepcat-theme");
  if (choice === "light" || choice === "dark") root.dataset.theme = choice;
  // What is swapped for another language's words is not shown before.
  if ((localStorage.getItem("deepcat-language") ?? root.lang) !== root.lang) root.classList.add("swapping");
} catch {
  // Storage may be forbidden; then the system's choice holds.
}
