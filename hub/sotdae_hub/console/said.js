// What gates and hub say in English (reasons, alarms, refusals), in the reader's language.

import { language } from "./i18n.js";
import { entries, words } from "./said-ko.js";

const patterns = entries.map(({ pattern, kinds, korean }) => ({ pattern: new RegExp(pattern), kinds, korean }));
const known = new Map();

/** A text that a part says: in Korean where that is the language, else as it came. */
export function said(english) {
  if (language() !== "ko") return english;
  if (!known.has(english)) known.set(english, inKorean(english));
  return known.get(english);
}

function inKorean(english) {
  for (const { pattern, kinds, korean } of patterns) {
    const values = pattern.exec(english)?.slice(1);
    if (values) return korean.replace(/\{(\d)\}/g, (_, at) => valueWord(kinds[at], values[at]));
  }
  return english;
}

function valueWord(kind, value) {
  if (kind === "said") return inKorean(value);
  if (kind === "people") return value.replaceAll(" and ", ", ");
  return words[kind] ? value.split(", ").map((each) => words[kind][each] ?? each).join(", ") : value;
}
