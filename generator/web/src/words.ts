// Words as they are searched for: folded as the generator folds them, and their stems. Pure.
/*! With stemmer 2, copyright Titus Wormer, under the MIT licence: https://github.com/words/stemmer */
import { stemmer } from "stemmer";

const MARKS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]/gu;
const WRITTEN: Record<string, string> = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ı: "i", ς: "σ" };
const NO_BLANKS = "\\u0e00-\\u0fff\\u1000-\\u109f\\u1780-\\u17ff\\u3005-\\u3007\\u3040-\\u30ff\\u31f0-\\u31ff"
  + "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const PARTS = new RegExp(`([${NO_BLANKS}]+)|[^${NO_BLANKS}]+`, "gu");
const MOST = 12;
const PLAIN = /^[\x00-\x7f]*$/;

export function fold(text: string): string {
  const folded = text.normalize("NFKD").toLowerCase().replace(MARKS, "");
  return folded.replace(/[ßæœøłđıς]/g, (letter) => WRITTEN[letter]!).normalize("NFC");
}

/** The words of a text in their order; of a script without blanks, each letter with the next. */
export function tokens(text: string): string[] {
  if (PLAIN.test(text)) return text.toLowerCase().match(/[a-z0-9]{2,}/g) ?? [];
  const found: string[] = [];
  for (const [run] of fold(text).matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
    for (const [part, pairs] of run.matchAll(PARTS)) {
      if (pairs) found.push(...pairsOf(part));
      else found.push(part);
    }
  }
  return found.filter((word) => word.length > 1 || word > "\x7f");
}

/** The words of many texts, in any order: those in plain letters are read as one, which is much quicker. */
export function allTokens(texts: readonly string[]): string[] {
  const plain = texts.filter((text) => PLAIN.test(text));
  return [...tokens(plain.join("\n")), ...texts.filter((text) => !PLAIN.test(text)).flatMap(tokens)];
}

function pairsOf(run: string): string[] {
  const letters = [...run];
  return letters.length === 1 ? letters : letters.slice(1).map((letter, i) => letters[i]! + letter);
}

/** What a reader asks for: words without those that say nothing, unless there are no others. */
export function asked(text: string, stop: ReadonlySet<string>): string[] {
  const all = tokens(text);
  const telling = all.filter((word) => !stop.has(word));
  return (telling.length ? telling : all).slice(0, MOST);
}

// British to American, applied to both sides: what it does to words that are no such pair is the same to both.
const SPELLINGS: [RegExp, string][] = [
  [/is(e|ed|er|ers|es|ing|ation|ations|able)$/, "iz$1"],
  [/ys(e|ed|er|ers|es|ing)$/, "yz$1"],
  [/(..)our(s|ed|ing|al|less|able|hood|hoods|ful|ite)?$/, "$1or$2"],
  [/(cent|met|lit|fib|theat|calib|spect)re(s|d)?$/, "$1er$2"],
  [/(lab|mod|trav|canc|lev|chann|tunn|pan|parall|fu)ell(ed|ing|er|ers)$/, "$1el$2"],
  [/(sign|di|tot|equ|gener)all(ed|ing|er|ers)$/, "$1al$2"],
  [/logue(s)?$/, "log$1"],
  [/(licen|defen|offen|preten)ce(s|d)?$/, "$1se$2"],
  [/^grey/, "gray"], [/^programme(s)?$/, "program$1"], [/^artefact/, "artifact"], [/^aluminium/, "aluminum"],
  [/^tyre/, "tire"], [/^mould/, "mold"], [/^sulph/, "sulf"], [/^plough/, "plow"], [/manoeuv/, "maneuv"],
  [/haem/, "hem"], [/anaem/, "anem"], [/kaem/, "kem"], [/^oed/, "ed"], [/^oeso/, "eso"], [/^foet/, "fet"],
  [/paed/, "ped"], [/rhoea/, "rhea"], [/^archae/, "arche"], [/^aero/, "air"],
];

const stems = new Map<string, string>();

/** What words of one kin share: `denoise`, `denoising`; `colour`, `colors`. */
export function stem(word: string): string {
  let found = stems.get(word);
  if (found === undefined) {
    found = word;
    if (/^[a-z]{3,}$/.test(word)) {
      for (const [british, american] of SPELLINGS) found = found.replace(british, american);
      found = stemmer(found);
    }
    stems.set(word, found);
  }
  return found;
}

/** A word and forms of it that may begin otherwise in their first letters, where files are told apart. */
export function kin(word: string): string[] {
  if (!/^[a-z]{2,}$/.test(word)) return [word];
  const bare = word.replace(/(ies|es|s|ing|ed|e|y)$/, "");
  const forms = [word, `${word}s`];
  if (bare !== word && bare.length > 1) forms.push(`${bare}e`, `${bare}y`, `${bare}ies`, bare);
  if (/^gr[ea]y/.test(word)) forms.push("grey", "gray");
  return forms;
}
