import "./page.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Dictionary } from "../src/language.ts";

const german = new Dictionary({
  "About": "Über", "minutes": "Minuten", "{n} more": "{n} weitere", "and {n} more": "und {n} weitere", "{n} minutes": "{n} Minuten",
  "up for {time}": "läuft seit {time}", "{passed} passed, {failed} failed": "{failed} nicht, {passed} bestanden", "{n} × {name}": "?", "{low} to {high}": "?", "± {n}": "?",
});

test("a text as it is, or with parts filled in, in any order", () => {
  const cases = { "About": "Über", "and 3 more": "und 3 weitere", "7 more": "7 weitere", "up for 3 minutes": "läuft seit 3 Minuten", "2 passed, 1 failed": "1 nicht, 2 bestanden" };
  for (const [text, other] of Object.entries(cases)) assert.equal(german.of(text), other);
});

test("what the interface does not say stays", () => {
  for (const text of ["A module about more", "constructor", "2 × A100", "± 3", "Grey values from 0 to 16", ""]) assert.equal(german.of(text), text);
});
