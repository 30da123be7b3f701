// Every channel: value, quality flag, vote, age.

import { el, keyed, panel, set, text } from "./dom.js";
import { age, ageS, clock, NONE, number } from "./format.js";
import { t, term } from "./i18n.js";
import { model } from "./model.js";
import { channelWord } from "./terms.js";

const FLAG_SHAPES = { 1: "●", 2: "○", 3: "▲", 4: "✕", 9: "–" };
const UNITS = { 1: "", bool: "", degC: "°C", deg: "°" };

/** What the gate worked out for display stands beside the level, not among the instruments. */
const WORKED_OUT = /^(eta_|(level|rate)_est)/;

/** A reading older than this is not called good, even while the facility is heard. */
const OLD_S = 30;

function makeRow() {
  const cells = ["channel", "value", "flag", "vote", "age"].map((name) => el("td", { class: name }));
  return Object.assign(el("tr", {}, cells), { refs: cells });
}

/** A reading with its unit; a missing one is a dash. */
function reading({ value, unit }) {
  if (value === null) return NONE;
  if (unit === "bool") return t(value ? "on" : "off");
  return `${number(value, Number.isInteger(value) ? 0 : 1)} ${UNITS[unit] ?? unit}`.trim();
}

function updateRow({ refs: [channel, value, flag, voteCell, seen] }, { sensor, vote, old }) {
  set(channel.parentNode, "data-old", old);
  text(channel, channelWord(sensor.channel));
  set(channel, "title", sensor.channel);
  text(value, reading(sensor));
  const quality = term("flag", sensor.flag);
  text(flag, old ? `(${quality})` : `${FLAG_SHAPES[sensor.flag] ?? "?"} ${quality}`);
  set(flag, "data-flag", old ? null : sensor.flag);
  text(voteCell, vote ? term("vote", vote) : "");
  set(voteCell, "data-vote", vote);
  text(seen, age(sensor.at));
}

/** The gate votes by channel (`radar`), a reading may carry its point's name (`radar_level`). */
const voteOf = (decision, channel) => decision?.votes[channel] ?? decision?.votes[channel.replace(/_level$/, "")] ?? null;

/** The panel. */
export function sensorPanel() {
  const heads = ["channel", "value", "quality", "", "seen"].map((key) => el("th", { scope: "col" }, key && t(key)));
  const body = el("tbody");
  const table = el("table", {}, el("thead", {}, el("tr", {}, heads)), body);
  const none = el("p", { class: "note" }, t("no_sensors"));
  const { node, title } = panel("sensors", table, none);
  text(title, t("sensors"));
  return {
    node,
    update({ facility, sensors }, old) {
      const voted = model.decisions.get(facility.id)?.find((decision) => Object.keys(decision.votes).length);
      text(heads[3], voted ? t("voted_at", clock(voted.at)) : "");
      const rows = sensors.filter(({ channel }) => !WORKED_OUT.test(channel)).map((sensor) => ({ sensor, vote: voteOf(voted, sensor.channel), old: old || ageS(sensor.at) > OLD_S }));
      keyed(body, rows, ({ sensor }) => sensor.channel, makeRow, updateRow);
      table.hidden = rows.length === 0;
      none.hidden = rows.length > 0;
    },
  };
}
