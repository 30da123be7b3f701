// What gates and hub say in English (reasons, alarms, refusals), in the reader's language.

import { language } from "./i18n.js";
import { bounds, entries, words } from "./said-ko.js";

const patterns = entries.map((entry) => ({ ...entry, pattern: new RegExp(entry.pattern) }));
const known = new Map();
/** Texts that are remembered; whoever sends ever new ones is not to fill the page. */
const MOST_KNOWN = 2000;

/** A text that a part says: in Korean where that is the language, else as it came. */
export function said(english) {
  if (language() !== "ko") return english;
  if (known.size > MOST_KNOWN) known.clear();
  if (!known.has(english)) known.set(english, english.length > bounds.most ? english : inKorean(english, 0));
  return known.get(english);
}

function inKorean(english, depth) {
  if (depth === bounds.deepest) return english;
  for (const { pattern, needs, kinds, korean } of patterns) {
    const values = english.includes(needs) ? pattern.exec(english)?.slice(1) : null;
    if (values) return korean.replace(/\{(\d)\}/g, (_, at) => valueWord(kinds[at], values[at], depth));
  }
  return english;
}

function valueWord(kind, value, depth) {
  if (kind === "said") return inKorean(value, depth + 1);
  if (kind === "people") return value.replaceAll(" and ", ", ");
  return words[kind] ? value.split(", ").map((each) => words[kind][each] ?? each).join(", ") : value;
}
