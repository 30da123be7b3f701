// What a stage looks like and how urgent it is. Shape and colour both tell it, never colour alone.

import { nameOf } from "./format.js";
import { language, term } from "./i18n.js";
import { svg } from "./dom.js";

const URGENCY = { close: 0, caution: 1, unknown: 2, normal: 3 };

/** Markers on a 24-unit square about the origin. */
const SHAPES = {
  close: "M-5-12H5L12-5V5L5 12H-5L-12 5V-5Z",
  caution: "M0-12L13 11H-13Z",
  unknown: "M0-12L12 0L0 12L-12 0Z",
  normal: "M-7 0A7 7 0 1 0 7 0A7 7 0 1 0-7 0Z",
};
const GLYPHS = { close: "M-7 0H7", caution: "M0-4V3M0 7V7.1", unknown: "M-3-3A3 3 0 1 1 0 1V2.5M0 6V6.1", normal: "" };

/** The stage that may be claimed now: a silent facility is unknown, whatever it said last. */
export const stageOf = (facility) => (facility.link.status === "online" ? facility.stage : "unknown");

/** Sorts facilities: most urgent first, then by name, so that rows do not jump about. */
export const byUrgency = (a, b) =>
  URGENCY[stageOf(a)] - URGENCY[stageOf(b)] || nameOf(a).localeCompare(nameOf(b), language()) || a.id.localeCompare(b.id);

/** The stage as a word; only a place with a barrier can be told to close. */
export const stageWord = (stage, facility) =>
  term("stage", stage === "close" && !["UP", "RG"].includes(facility.type) ? "alarm" : stage);

/** A stage's mark as an SVG group, to be placed by its parent. */
export const mark = (stage) =>
  svg("g", { class: `mark ${stage}` }, svg("path", { class: "shape", d: SHAPES[stage] }),
    svg("path", { class: "glyph", d: GLYPHS[stage] }));

/** A stage's mark as a small picture in running text. */
export const icon = (stage, size = 22) =>
  svg("svg", { class: "icon", viewBox: "-15 -15 30 30", width: size, height: size, "aria-hidden": "true" }, mark(stage));
