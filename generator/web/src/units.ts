// Sizes and prices as people write them; `deepcat_site.html.formats` gives the same. Pure.
function plain(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

/** The size of a file. */
export function fileSize(count: number): string {
  for (const [unit, each] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]] as const) {
    if (count >= each) return `${plain(count / each, 1)} ${unit}`;
  }
  return `${count} B`;
}

/** Memory, given in MiB. */
export function memory(mebibytes: number): string {
  return mebibytes >= 1024 ? `${plain(mebibytes / 1024, 1)} GiB` : `${plain(mebibytes, 0)} MiB`;
}

/** The price of an hour. */
export function price(value: number, currency: string): string {
  return `${value >= 0.01 ? value.toFixed(2) : String(Number(value.toPrecision(3)))} ${currency}`;
}
