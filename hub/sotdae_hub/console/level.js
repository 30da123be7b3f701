// The level in figures a person reads from three metres, and its chart.

import { el, panel, set, text } from "./dom.js";
import { HubError, series } from "./api.js";
import { chart } from "./chart.js";
import { NONE, nowMs, number, signed } from "./format.js";
import { t } from "./i18n.js";
import { model } from "./model.js";

const SPANS_S = [600, 3600, 21600, 86400];
const POINTS = 360;
const VOTED = "level";
/** Channels in centimetres that are not water on this road. */
const ELSEWHERE = new Set(["river_stage"]);
/** The filtered level and one sigma of it: a band, not lines. */
const [FILTERED, SIGMA] = ["level_est", "level_est_sigma"];
const BAND = new Set([FILTERED, SIGMA]);
const RELOAD_S = 15;

/** The level ahead that comes first, and when: in seconds below two minutes, else in minutes. */
function aheadWords({ estimate, thresholds }) {
  const next = ["close", "unsafe"].find((name) => estimate?.eta[name]);
  if (!next) return null;
  const { s, sigma_s: sigma } = estimate.eta[next];
  const level = number(thresholds[`${next}_cm`], 0);
  return s < 120 ? t("reaches_s", level, Math.round(s), Math.max(1, Math.round(sigma)))
    : t("reaches_min", level, Math.round(s / 60), Math.max(1, Math.round(sigma / 60)));
}

/** The filtered level with its sigma at the same moment, or the last before it. */
function bandOf(levels = [], sigmas = []) {
  let next = 0;
  return levels.map(({ at, value }) => {
    while (next + 1 < sigmas.length && Date.parse(sigmas[next + 1].at) <= Date.parse(at)) next += 1;
    return { at, value, sigma: sigmas[next]?.value ?? null };
  });
}

const spanWords = (seconds) => (seconds < 3600 ? t("min", seconds / 60) : t("hour", seconds / 3600));

function figures() {
  const [level, unit, rate, margin, vote] = [el("b", { class: "level-value" }), el("span", { class: "unit" }, "cm"), el("b"), el("b"), el("b")];
  const marginRow = el("div", { class: "margin" }, margin);
  const ahead = el("b");
  const aheadRow = el("div", { class: "ahead" }, ahead);
  const node = el("div", { class: "level-figures" },
    el("p", { class: "level-now" }, level, unit),
    el("div", { class: "level-more" }, marginRow, aheadRow,
      el("div", {}, el("span", {}, t("rate")), rate), el("div", {}, el("span", {}, t("vote")), vote)));
  return {
    node,
    update({ level_cm: now, rate_cm_min: rise, estimate, architecture, thresholds }, old) {
      node.hidden = now === null && architecture === null && thresholds.close_cm === null;
      text(level, number(now));
      text(rate, Number.isFinite(rise) ? `${signed(rise)} cm/min` : NONE);
      text(vote, architecture ?? NONE);
      const left = Number.isFinite(now) && Number.isFinite(thresholds.close_cm) ? thresholds.close_cm - now : null;
      marginRow.hidden = left === null;
      if (left !== null) text(margin, left > 0 ? t("to_close", number(left)) : t("over_close", number(-left)));
      const words = old ? null : aheadWords({ estimate, thresholds });
      aheadRow.hidden = words === null;
      text(ahead, words ?? "");
      const over = (limit) => Number.isFinite(now) && Number.isFinite(limit) && now >= limit;
      set(node, "data-over", over(thresholds.close_cm) ? "close" : over(thresholds.caution_cm) ? "caution" : null);
    },
  };
}

/** The panel of one facility. */
export function levelPanel(id) {
  const head = figures();
  const plot = chart();
  const lines = new Map();
  let spanS = SPANS_S[0];
  let asked = 0;
  const buttons = SPANS_S.map((seconds) =>
    el("button", { type: "button", class: "button", onclick: () => choose(seconds) }, spanWords(seconds)));
  const { node, title } = panel("level", head.node, el("div", { class: "spans", role: "group", "aria-label": t("chart") }, buttons), plot.node);
  text(title, t("level"));

  function choose(seconds) {
    spanS = seconds;
    buttons.forEach((button, index) => set(button, "aria-pressed", String(SPANS_S[index] === seconds)));
    lines.clear();
    reload();
  }

  /** Ask for the past of every level channel; what the hub does not answer is simply not drawn. */
  async function reload() {
    const state = model.states.get(id);
    if (!state) return;
    asked = nowMs();
    const span = spanS;
    const lengths = state.sensors.filter(({ unit }) => unit === "cm");
    const here = lengths.filter(({ channel }) => !ELSEWHERE.has(channel));
    const channels = here.length ? here : lengths;
    await Promise.all(channels.map(async ({ channel }) => {
      try {
        const answer = await series(id, channel, span, POINTS);
        if (span === spanS) lines.set(channel, answer.points);
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
      }
    }));
  }

  /** The voted level: its stored past where the hub has one, then what came live. */
  function voted() {
    const past = lines.get(VOTED) ?? [];
    const last = past.length ? Date.parse(past.at(-1).at) : -Infinity;
    return [...past, ...(model.trails.get(id) ?? []).filter((point) => Date.parse(point.at) > last)];
  }

  choose(spanS);
  return {
    node,
    reload,
    update(state, old) {
      if (!old && nowMs() - asked > RELOAD_S * 1000) reload();
      head.update(state, old);
      const channels = [...lines].filter(([channel]) => channel !== VOTED && !BAND.has(channel)).sort(([a], [b]) => a.localeCompare(b));
      plot.update({
        channels, voted: voted(), band: bandOf(lines.get(FILTERED), lines.get(SIGMA)), spanS, limits: state.thresholds, level: state.level_cm,
        label: t("chart_text", spanWords(spanS), number(state.level_cm)),
      });
    },
  };
}
