// From what a reader typed to the words of the index that it means. Files come from whoever fetches them.
import type { Columns } from "./columns.ts";
import { fileOf, places, type Bucket, type Kind, type Places } from "./postings.ts";
import type { Match, Term } from "./rank.ts";
import { Synonyms } from "./synonyms.ts";
import { compound, nearest } from "./typos.ts";
import { allTokens, asked, kin, stem } from "./words.ts";

/** Fetches a file of words; nothing where it is not to be had, or belongs to another index. */
export type Load = (kind: Kind, file: number) => Promise<Bucket | undefined>;

export interface Found {
  terms: Term[];
  /** Words that were not found and what was taken for them. */
  taken: Map<string, string>;
}

const BOTH: readonly Kind[] = ["words", "readme"];
const HEAD: readonly Kind[] = ["words"];
const KINDRED = 0.9;
const BEGUN = 0.4;
const GUESSED = 0.5;
// Words that begin as the one that is being typed.
const MOST_BEGUN = 24;
// Files that are fetched for other ways to say it.
const MOST_FILES = 6;
const SEARCHED = ["task", "tag", "library", "data", "category", "license"];

export class Lookup {
  private readonly synonyms: Synonyms;
  private vocabulary: Map<string, number> | undefined;
  private readonly unpacked = new Map<string, Places>();

  constructor(private readonly columns: Columns, private readonly load: Load) {
    this.synonyms = new Synonyms(columns.synonyms, columns.stop);
  }

  async find(text: string): Promise<Found> {
    const words = asked(text, this.columns.stop);
    const taken = new Map<string, string>();
    const open = /[\p{L}\p{N}\p{M}]$/u.test(text);
    const terms = words.map(async (token, i): Promise<Term> => {
      const matches = await this.match(token, BOTH, 1);
      if (open && i === words.length - 1) matches.push(...await this.begun(token, matches));
      const near = matches.length || this.columns.stop.has(token) ? [] : await this.guess(token);
      if (near.length === 1) {
        taken.set(token, near[0]!);
        matches.push(...await this.match(near[0]!, BOTH, GUESSED));
      }
      // A word put together from others means all of them.
      const parts = near.length > 1 ? [await Promise.all(near.map((word) => this.match(word, BOTH, 1)))] : [];
      return { token, matches, others: parts };
    });
    const [found] = await Promise.all([Promise.all(terms), this.others(words).then(async (others) => {
      for (const { instead, words: mine } of others) {
        for (const at of instead) (await terms[at])!.others.push(mine);
      }
    })]);
    // What is said in other words was not misspelt.
    for (const { token, others } of found) if (others.some((words) => words.every(({ length }) => length))) taken.delete(token);
    return { terms: found, taken };
  }

  private async others(words: string[]): Promise<{ instead: number[]; words: Match[][] }[]> {
    const files = new Set<number>();
    const wanted = this.synonyms.of(words).filter((other) => {
      const mine = other.words.flatMap((word) => this.files("words", word)).filter((file) => !files.has(file));
      if (files.size + mine.length > MOST_FILES) return false;
      mine.forEach((file) => files.add(file));
      return true;
    });
    return Promise.all(wanted.map(async (other) => ({
      instead: other.instead,
      words: await Promise.all(other.words.map((word) => this.match(word, HEAD, 1))),
    })));
  }

  private files(kind: Kind, word: string): number[] {
    return [...new Set(kin(word).map((each) => fileOf(each, this.columns.files[kind])))];
  }

  /** The word and its kindred. */
  private async match(word: string, kinds: readonly Kind[], factor: number): Promise<Match[]> {
    const wanted = stem(word);
    const start = word.slice(0, 2);
    return this.gather(kinds, (kind) => this.files(kind, word), (each) => {
      if (each === word) return factor;
      return each.startsWith(start) && stem(each) === wanted ? factor * KINDRED : 0;
    });
  }

  private async gather(
    kinds: readonly Kind[], files: (kind: Kind) => number[], weigh: (word: string) => number,
  ): Promise<Match[]> {
    const found = new Map<string, Match>();
    await Promise.all(kinds.flatMap((kind) => files(kind).map(async (file) => {
      const bucket = await this.load(kind, file);
      for (const [word, row] of Object.entries(bucket?.words ?? {})) {
        const factor = weigh(word);
        if (!factor) continue;
        const match = found.get(word) ?? { word, factor, places: [] };
        match.places.push(this.unpack(kind, word, row));
        found.set(word, match);
      }
    })));
    return [...found.values()];
  }

  private unpack(kind: Kind, word: string, row: string): Places {
    const key = `${kind} ${word}`;
    let mine = this.unpacked.get(key);
    if (!mine) {
      mine = places(row, kind === "readme" ? this.columns.fields.length - 1 : undefined);
      this.unpacked.set(key, mine);
    }
    return mine;
  }

  /** Words that begin as the one that is being typed. */
  private async begun(token: string, known: readonly Match[]): Promise<Match[]> {
    const has = new Set(known.map(({ word }) => word));
    const begins = (word: string): number => word.startsWith(token) && !has.has(word) ? BEGUN : 0;
    if (token.length > 3) {
      const all = await this.gather(BOTH, (kind) => [fileOf(token, this.columns.files[kind])], begins);
      return all.slice(0, MOST_BEGUN);
    }
    const usual = [...this.usual()].filter(([word]) => begins(word))
      .sort((a, b) => b[1] - a[1]).slice(0, 4).map(([word]) => word);
    const each = await Promise.all(usual.map((word) => this.match(word, HEAD, BEGUN)));
    return each.flat().filter(({ word }) => !has.has(word));
  }

  /** What a word that is nowhere may have meant: one that it begins, that holds it, or that it misspells; or several in one. */
  private async guess(token: string): Promise<string[]> {
    if (token.length < 3) return [];
    const usual = this.usual();
    const words = new Map(usual);
    for (const kind of BOTH) {
      const bucket = await this.load(kind, fileOf(token, this.columns.files[kind]));
      for (const word of Object.keys(bucket?.words ?? {})) words.set(word, (words.get(word) ?? 0) + 1);
    }
    const all = [...words.keys()];
    const begun = all.find((word) => word.startsWith(token));
    if (begun) return [begun];
    const parts = compound(token, usual);
    if (parts) return parts;
    const near = [...usual.keys()].find((word) => word.includes(token)) ?? nearest(token, words);
    return near ? [near] : [];
  }

  /** Words of names, titles and facets, with how many there are. */
  private usual(): Map<string, number> {
    if (!this.vocabulary) {
      const found = this.vocabulary = new Map<string, number>();
      const { names, also, facets } = this.columns;
      const values = facets.filter(({ key }) => SEARCHED.includes(key)).flatMap((facet) => facet.values);
      for (const word of allTokens([...names, also, ...values])) found.set(word, (found.get(word) ?? 0) + 1);
    }
    return this.vocabulary;
  }
}
