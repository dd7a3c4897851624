// When a page asks again how a training goes, and when it gives up. Pure.
export const EVERY_MS = 3_000;
export const MOST_MS = 600_000;

export class Polling {
  private last = "";
  private has = false;
  private over = false;

  constructor(private changed: number) {}

  /** Whether an answer says something that the page does not. */
  isNew(text: string): boolean {
    return text !== this.last;
  }

  /** The training is over: nothing will change any more. */
  end(): void {
    this.over = true;
  }

  /** In so many milliseconds again; "reload" where the page was written anew without it; else never. */
  after(status: number, text: string, now: number): number | "reload" | "never" {
    if (this.over) return "never";
    if (status === 404) return this.has ? "reload" : "never";
    this.has ||= status === 200;
    if (text && text !== this.last) [this.last, this.changed] = [text, now];
    return now - this.changed < MOST_MS ? EVERY_MS : "never";
  }
}
