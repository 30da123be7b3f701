// Machine names that need more than a look-up: alarms, first causes, states.

import { known, t, term } from "./i18n.js";

/** Alarms of a place whose own name stands in the middle: `home.A-101.wet_2`. */
const PLACES = ["home", "slope", "reservoir"];
/** Alarms of a part of the site, by the group of words that knows it: `sensor.radar`. */
const PARTS = { sensor: "channel", bypass: "channel", warning: "output", agent: "helper" };

/** An alarm's code in words; the last part may name one of several approaches, or a channel. */
export function alarmWord(code) {
  const parts = code.split(".");
  if (PLACES.includes(parts[0]) && parts.length === 3) return term(parts[0], parts[2]).replace("{0}", parts[1]);
  if (parts[0] === "sensor" && parts[2] === "drift") return t("alarm.drift", term("channel", parts[1]));
  const found = known("alarm", code) ?? partWord(...parts);
  if (found) return found;
  const last = parts.pop();
  const whole = known("alarm", parts.join(".")) ?? partWord(...parts);
  return whole ? `${whole} · ${known("channel", last) ?? last}` : code.replaceAll("_", " ");
}

function partWord(group, name, ...more) {
  if (!PARTS[group] || !name || more.length) return undefined;
  return t(`alarm.${group}`, term(PARTS[group], name));
}

/** A channel in words; `home.A-101.battery` is a place's own. */
export function channelWord(channel) {
  const [group, name, what] = channel.split(".");
  if (!PLACES.includes(group) || !name) return term("channel", channel);
  return `${name}: ${term(group, `reading_${what ?? "water"}`)}`;
}

/** The first cause in words: a named cause, else a channel. */
export const causeWord = (cause) => known("cause", cause) ?? term("channel", cause);

/** A decision's state in words: of a barrier, else of a place without one. */
export const stateWord = (state) => known("barrier", state) ?? term("state", state);
