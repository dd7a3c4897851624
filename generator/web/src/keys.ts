// Moving by keyboard.

const STEPS: Record<string, (columns: number) => number> = {
  ArrowRight: () => 1,
  ArrowLeft: () => -1,
  ArrowDown: (columns) => columns,
  ArrowUp: (columns) => -columns,
};

/** Arrows move between the cards of a grid; upwards out of it and Escape lead back to the search. */
export function moveInGrid(event: KeyboardEvent, grid: HTMLElement, back: HTMLElement): void {
  const links = [...grid.children].map((row) => row.querySelector<HTMLElement>("a"));
  const at = links.indexOf(event.target as HTMLElement);
  if (event.key === "Escape") {
    back.focus();
    return;
  }
  const step = STEPS[event.key];
  if (at < 0 || !step) return;
  event.preventDefault();
  const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const to = at + step(columns);
  if (to < 0) back.focus();
  else links[Math.min(to, links.length - 1)]?.focus();
}

/** `/` focuses the search, wherever the reader is not writing. */
export function slash(target: () => HTMLElement | null): void {
  addEventListener("keydown", (event) => {
    const writing = (event.target as HTMLElement).closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    target()?.focus();
  });
}
