// Level over time with the site's limits, and a gauge on the same scale at its right edge. Gaps stay gaps.

import { keyed, set, svg, text } from "./dom.js";
import { clock, nowMs } from "./format.js";
import { t, term } from "./i18n.js";

const W = 960;
const H = 400;
const LEFT = 46;
const RIGHT = 840;
const TOP = 14;
const BOTTOM = 346;
const GAUGE_X = 858;
const GAUGE_W = 40;
const LEAST_TOP_CM = 20;
const GAP_FACTOR = 4;
const LIMITS = [["unsafe_cm", "unsafe_at"], ["close_cm", "close_at"], ["caution_cm", "caution_at"]];
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/** A scale that ends on a round step and holds every limit and value with some air. */
function topOf(limits, lines, level) {
  let most = Math.max(LEAST_TOP_CM, (limits.unsafe_cm ?? limits.close_cm ?? 0) * 1.15, (level ?? 0) * 1.1);
  for (const points of lines) for (const { value } of points) if (value > most) most = value * 1.05;
  const step = STEPS.find((candidate) => most / candidate <= 7) ?? 1000;
  return { top: Math.ceil(most / step) * step, step };
}

/** The path of a line in [from, to], broken where a value is missing or the points lie far apart. */
function pathOf(points, x, y, fromMs) {
  const gaps = points.slice(1).map((point, index) => Date.parse(point.at) - Date.parse(points[index].at)).sort((a, b) => a - b);
  const far = Math.max(15_000, (gaps[gaps.length >> 1] ?? 0) * GAP_FACTOR);
  let d = "";
  let last = null;
  for (const { at, value } of points) {
    const ms = Date.parse(at);
    if (ms < fromMs || value === null) {
      if (value === null) last = null;
      continue;
    }
    d += `${last !== null && ms - last < far ? "L" : "M"}${x(ms).toFixed(1)} ${y(value).toFixed(1)}`;
    last = ms;
  }
  return d;
}

const stepMs = (spanS) => ({ 600: 120, 3600: 900, 21600: 3600, 86400: 14400 })[spanS] * 1000;

/** The chart. */
export function chart() {
  const layers = Object.fromEntries(["grid", "times", "limits", "channels"].map((name) => [name, svg("g", { class: name })]));
  const voted = svg("path", { class: "voted" });
  const none = svg("text", { class: "none", x: (LEFT + RIGHT) / 2, y: (TOP + BOTTOM) / 2 }, t("no_series"));
  const tube = svg("rect", { class: "tube", x: GAUGE_X, y: TOP, width: GAUGE_W, height: BOTTOM - TOP, rx: 4 });
  const filled = svg("rect", { class: "filled", x: GAUGE_X, width: GAUGE_W });
  const pointer = svg("path", { class: "pointer" });
  const legend = svg("g", { class: "legend" });
  const node = svg("svg", { class: "chart", viewBox: `0 0 ${W} ${H}`, role: "img" },
    layers.grid, layers.times, layers.limits, layers.channels, voted, none, tube, filled, pointer, legend);

  function drawGrid(top, step, y) {
    const rows = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
    keyed(layers.grid, rows, (cm) => cm, () => svg("g", {}, svg("path"), svg("text", { x: LEFT - 8 })), (row, cm) => {
      set(row.firstChild, "d", `M${LEFT} ${y(cm).toFixed(1)}H${RIGHT}`);
      set(row.lastChild, "y", (y(cm) + 5).toFixed(1));
      text(row.lastChild, cm);
    });
  }

  function drawTimes(fromMs, toMs, spanS, x) {
    const step = stepMs(spanS);
    const first = Math.ceil(fromMs / step) * step;
    const times = Array.from({ length: Math.floor((toMs - first) / step) + 1 }, (_, index) => first + index * step);
    keyed(layers.times, times, (ms) => ms, () => svg("g", {}, svg("path"), svg("text", { y: BOTTOM + 22 })), (row, ms) => {
      set(row.firstChild, "d", `M${x(ms).toFixed(1)} ${TOP}V${BOTTOM}`);
      set(row.lastChild, "x", x(ms).toFixed(1));
      text(row.lastChild, clock(new Date(ms).toISOString(), false));
    });
  }

  function drawLimits(limits, y) {
    const rows = LIMITS.filter(([name]) => Number.isFinite(limits[name]));
    keyed(layers.limits, rows, ([name]) => name, ([name]) => svg("g", { "data-limit": name }, svg("path"), svg("text", { x: LEFT + 8 })),
      (row, [name, word]) => {
        set(row.firstChild, "d", `M${LEFT} ${y(limits[name]).toFixed(1)}H${GAUGE_X + GAUGE_W + 8}`);
        set(row.lastChild, "y", (y(limits[name]) - 5).toFixed(1));
        text(row.lastChild, `${t(word)} ${limits[name]} cm`);
      });
  }

  function drawGauge(level, y) {
    const known = Number.isFinite(level);
    const at = known ? y(Math.max(level, 0)) : BOTTOM;
    set(filled, "y", at.toFixed(1));
    set(filled, "height", Math.max(0, BOTTOM - at).toFixed(1));
    set(tube, "data-known", known);
    set(pointer, "d", known ? `M${GAUGE_X + GAUGE_W + 4} ${at.toFixed(1)}l14 -8v16z` : "");
  }

  return {
    node,
    update({ channels, voted: line, spanS, limits, level, label }) {
      const toMs = nowMs();
      const fromMs = toMs - spanS * 1000;
      const { top, step } = topOf(limits, [...channels.map(([, points]) => points), line], level);
      const x = (ms) => LEFT + ((ms - fromMs) / (toMs - fromMs)) * (RIGHT - LEFT);
      const y = (cm) => BOTTOM - (Math.max(cm, 0) / top) * (BOTTOM - TOP);
      drawGrid(top, step, y);
      drawTimes(fromMs, toMs, spanS, x);
      drawLimits(limits, y);
      const drawn = channels.map(([channel, points]) => [channel, pathOf(points, x, y, fromMs)]).filter(([, d]) => d);
      keyed(layers.channels, drawn, ([channel]) => channel, () => svg("path"), (path, [channel, d]) => {
        set(path, "d", d);
        set(path, "data-index", drawn.findIndex(([name]) => name === channel) % 3);
      });
      const votedPath = pathOf(line, x, y, fromMs);
      set(voted, "d", votedPath);
      set(none, "class", drawn.length || votedPath ? "none away" : "none");
      const names = [...drawn.map(([channel], index) => [term("channel", channel), index % 3]), ...(votedPath ? [[t("voted"), "v"]] : [])];
      keyed(legend, names, ([name]) => name, () => svg("g", {}, svg("path", { d: "M0 0H22" }), svg("text", { x: 28, y: 5 })), (entry, [name, index]) => {
        set(entry, "transform", `translate(${LEFT + 8 + names.findIndex(([other]) => other === name) * 150} ${H - 10})`);
        set(entry, "data-index", index);
        text(entry.lastChild, name);
      });
      drawGauge(level, y);
      set(node, "aria-label", label);
    },
  };
}
