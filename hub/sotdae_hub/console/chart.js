// Level over time with the site's limits, and a gauge on the same scale at its right edge. Gaps stay gaps.

import { keyed, set, svg, text } from "./dom.js";
import { clock, nowMs } from "./format.js";
import { t } from "./i18n.js";
import { channelWord } from "./terms.js";

const LEFT = 46;
const TOP = 12;
const TIMES_H = 32;
const LEGEND_H = 22;
const GAUGE_W = 40;
const GAUGE_ROOM = 82;
const TIME_ROOM = 80;
const LEGEND_ROOM = 132;
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

/** From so many milliseconds on, two points are far apart: a gap, not a line. */
function farMs(points) {
  const gaps = points.slice(1).map((point, index) => Date.parse(point.at) - Date.parse(points[index].at)).sort((a, b) => a - b);
  return Math.max(15_000, (gaps[gaps.length >> 1] ?? 0) * GAP_FACTOR);
}

/** The path of a line in [from, to], broken where a value is missing or the points lie far apart. */
function pathOf(points, x, y, fromMs) {
  const far = farMs(points);
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

/** The band of one sigma about a line in [from, to], one closed path for each stretch without a gap. */
function bandPath(points, x, y, fromMs) {
  const known = points.filter(({ at, value, sigma }) => value !== null && sigma !== null && Date.parse(at) >= fromMs);
  const far = farMs(known);
  const stretches = [];
  for (const point of known) {
    const stretch = stretches.at(-1);
    const near = stretch && Date.parse(point.at) - Date.parse(stretch.at(-1).at) < far;
    if (near) stretch.push(point);
    else stretches.push([point]);
  }
  const edge = (point, side) => `${x(Date.parse(point.at)).toFixed(1)} ${y(point.value + side * point.sigma).toFixed(1)}`;
  return stretches.filter((stretch) => stretch.length > 1).map((stretch) =>
    `M${stretch.map((point) => edge(point, 1)).join("L")}L${[...stretch].reverse().map((point) => edge(point, -1)).join("L")}Z`).join("");
}

const stepMs = (spanS) => ({ 600: 120, 3600: 900, 21600: 3600, 86400: 14400 })[spanS] * 1000;

const range = (count, make) => Array.from({ length: Math.max(0, count) }, (_, index) => make(index));

/** Where things lie in a drawing of this size. */
function layoutOf(node, fromMs, toMs, top, names) {
  const width = Math.max(320, node.clientWidth);
  const columns = Math.max(1, Math.floor((width - LEFT) / LEGEND_ROOM));
  const height = Math.max(200, node.clientHeight);
  const right = width - GAUGE_ROOM;
  const bottom = height - TIMES_H - LEGEND_H * Math.ceil(names / columns);
  set(node, "viewBox", `0 0 ${width} ${height}`);
  return {
    right, bottom, columns, gauge: right + 16,
    x: (ms) => LEFT + ((ms - fromMs) / (toMs - fromMs)) * (right - LEFT),
    y: (cm) => bottom - (Math.max(cm, 0) / top) * (bottom - TOP),
  };
}

const line = () => svg("g", {}, svg("path"), svg("text"));

function drawGrid(layer, { right, y }, top, step) {
  const rows = range(Math.round(top / step) + 1, (index) => index * step);
  keyed(layer, rows, (cm) => cm, line, (row, cm) => {
    set(row.firstChild, "d", `M${LEFT} ${y(cm).toFixed(1)}H${right}`);
    set(row.lastChild, "x", LEFT - 8);
    set(row.lastChild, "y", (y(cm) + 5).toFixed(1));
    text(row.lastChild, cm);
  });
}

function drawTimes(layer, { right, bottom, x }, fromMs, toMs, spanS) {
  const least = stepMs(spanS);
  const step = least * Math.ceil(((toMs - fromMs) / least) / ((right - LEFT) / TIME_ROOM));
  const first = Math.ceil(fromMs / step) * step;
  const times = range(Math.floor((toMs - first) / step) + 1, (index) => first + index * step);
  keyed(layer, times, (ms) => ms, line, (row, ms) => {
    set(row.firstChild, "d", `M${x(ms).toFixed(1)} ${TOP}V${bottom}`);
    set(row.lastChild, "x", x(ms).toFixed(1));
    set(row.lastChild, "y", bottom + 20);
    text(row.lastChild, clock(new Date(ms).toISOString(), false));
  });
}

function drawLimits(layer, { gauge, y }, limits) {
  const rows = LIMITS.filter(([name]) => Number.isFinite(limits[name]));
  keyed(layer, rows, ([name]) => name, line, (row, [name, word]) => {
    const at = y(limits[name]);
    set(row, "data-limit", name);
    set(row.firstChild, "d", `M${LEFT} ${at.toFixed(1)}H${gauge + GAUGE_W + 6}`);
    set(row.lastChild, "x", LEFT + 8);
    set(row.lastChild, "y", (at - 6).toFixed(1));
    text(row.lastChild, `${t(word)} ${limits[name]} cm`);
  });
}

function drawLegend(layer, { bottom, columns }, names) {
  keyed(layer, names, ([name]) => name, line, (entry, [name, index]) => {
    const place = names.findIndex(([other]) => other === name);
    set(entry, "transform", `translate(${LEFT + (place % columns) * LEGEND_ROOM} ${bottom + TIMES_H + 12 + LEGEND_H * Math.floor(place / columns)})`);
    set(entry, "data-index", index);
    set(entry.firstChild, "d", "M0-5H24");
    set(entry.lastChild, "x", 31);
    text(entry.lastChild, name);
  });
}

function gaugeParts() {
  const [tube, filled, pointer] = [svg("rect", { class: "tube", y: TOP, rx: 4 }), svg("rect", { class: "filled" }), svg("path", { class: "pointer" })];
  return {
    nodes: [tube, filled, pointer],
    update(level, { gauge, bottom, y }) {
      const known = Number.isFinite(level);
      const at = known ? y(level) : bottom;
      for (const part of [tube, filled]) set(set(part, "x", gauge), "width", GAUGE_W);
      set(set(tube, "height", bottom - TOP), "data-known", String(known));
      set(set(filled, "y", at.toFixed(1)), "height", (bottom - at).toFixed(1));
      set(pointer, "d", known ? `M${gauge + GAUGE_W + 4} ${at.toFixed(1)}l15-9v18z` : "");
    },
  };
}

/** The chart. */
export function chart() {
  const layer = Object.fromEntries(["grid", "times", "channels", "limits", "legend"].map((name) => [name, svg("g", { class: name })]));
  const voted = svg("path", { class: "voted" });
  const filtered = svg("path", { class: "band" });
  const none = svg("text", { class: "none" }, t("no_series"));
  const gauge = gaugeParts();
  const node = svg("svg", { class: "chart", role: "img" },
    layer.grid, layer.times, filtered, layer.channels, voted, gauge.nodes, layer.limits, none, layer.legend);
  return {
    node,
    update({ channels, voted: main, band, spanS, limits, level, label }) {
      const toMs = nowMs();
      const fromMs = toMs - spanS * 1000;
      const { top, step } = topOf(limits, [...channels.map(([, points]) => points), main], level);
      const at = layoutOf(node, fromMs, toMs, top, channels.length + 2);
      drawGrid(layer.grid, at, top, step);
      drawTimes(layer.times, at, fromMs, toMs, spanS);
      drawLimits(layer.limits, at, limits);
      const drawn = channels.map(([channel, points]) => [channel, pathOf(points, at.x, at.y, fromMs)]).filter(([, d]) => d);
      keyed(layer.channels, drawn, ([channel]) => channel, () => svg("path"), (path, [channel, d]) => {
        set(path, "d", d);
        set(path, "data-index", drawn.findIndex(([name]) => name === channel) % 3);
      });
      const mainPath = pathOf(main, at.x, at.y, fromMs);
      set(voted, "d", mainPath);
      const bandD = bandPath(band, at.x, at.y, fromMs);
      set(filtered, "d", bandD);
      set(none, "class", drawn.length || mainPath ? "none away" : "none");
      set(set(none, "x", (LEFT + at.right) / 2), "y", at.bottom / 2);
      const names = drawn.map(([channel], index) => [channelWord(channel), index % 3]);
      const extra = [...(mainPath ? [[t("voted"), "v"]] : []), ...(bandD ? [[t("filtered"), "b"]] : [])];
      drawLegend(layer.legend, at, [...names, ...extra]);
      gauge.update(level, at);
      set(node, "aria-label", label);
    },
  };
}
