// Every word the console says, in both languages. `{0}` is filled in; a word unknown here is shown as it came.

import { en } from "./words-en.js";
import { ko } from "./words-ko.js";

const WORDS = { en, ko };
let current = stored() ?? (navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en");

function stored() {
  const value = localStorage.getItem("sotdae.language");
  return value in WORDS ? value : null;
}

/** The language in force: "ko" or "en". */
export const language = () => current;

/** Change to the other language and remember it. */
export function toggleLanguage() {
  current = current === "ko" ? "en" : "ko";
  localStorage.setItem("sotdae.language", current);
}

/** A sentence or label by its key. */
export function t(key, ...args) {
  const words = WORDS[current][key];
  if (words === undefined) throw new Error(`no words for ${key}`);
  return words.replace(/\{(\d)\}/g, (_, index) => args[index]);
}

/** The words for a name that came from a machine, or undefined. */
export const known = (group, name) => WORDS[current][`${group}.${String(name).toLowerCase()}`];

/** A name that came from a machine (`barrier.CLOSED`): translated when known, else as it came. */
export const term = (group, name) => known(group, name) ?? String(name).replaceAll("_", " ");

/** Keys that one language has and the other lacks: empty, or a test fails. */
export const missing = () => [
  ...Object.keys(en).filter((key) => !(key in ko)),
  ...Object.keys(ko).filter((key) => !(key in en)),
];
