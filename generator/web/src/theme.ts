// Runs before the first paint: takes the reader's choice of light or dark, and says that scripts run.
const root = document.documentElement;
root.classList.remove("no-js");
root.classList.add("js");
try {
  const choice = localStorage.getItem("deepcat-theme");
  if (choice === "light" || choice === "dark") root.dataset.theme = choice;
} catch {
  // Storage may be forbidden; then the system's choice holds.
}
