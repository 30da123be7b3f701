// Numbers, times and ages as a person reads them. What is not known is a dash, never a zero.

import { t, language } from "./i18n.js";

export const NONE = "–";

let skewMs = 0;

/** Learn how far this browser's clock is from the hub's (HTTP dates are whole seconds). */
export function learnClock(dateHeader) {
  const hub = Date.parse(dateHeader ?? "");
  if (Number.isNaN(hub)) return;
  const skew = hub - Date.now();
  skewMs = Math.abs(skew) > 1500 ? skew : 0;
}

/** The hub's time in milliseconds. */
export const nowMs = () => Date.now() + skewMs;

/** A number with fixed decimals, or a dash. */
export const number = (value, digits = 1) => (Number.isFinite(value) ? value.toFixed(digits) : NONE);

/** A signed number, or a dash. */
export const signed = (value, digits = 1) =>
  Number.isFinite(value) ? `${value > 0 ? "+" : ""}${value.toFixed(digits)}` : NONE;

/** Seconds since an ISO time, never negative; null stays null. */
export const ageS = (at) => (at ? Math.max(0, (nowMs() - Date.parse(at)) / 1000) : null);

/** A time of day; with the date when that is not today. */
export function clock(at, seconds = true) {
  if (!at) return NONE;
  const when = new Date(at);
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(seconds && { second: "2-digit" }) };
  const day = when.toDateString() === new Date(nowMs()).toDateString() ? {} : { month: "numeric", day: "numeric" };
  return new Intl.DateTimeFormat(language() === "ko" ? "ko-KR" : "en-GB", { ...day, ...time }).format(when);
}

/** An age in its largest fitting unit. */
export function age(at) {
  const seconds = ageS(at);
  if (seconds === null) return NONE;
  if (seconds < 90) return t("age_s", Math.floor(seconds));
  if (seconds < 5400) return t("age_min", Math.floor(seconds / 60));
  if (seconds < 129600) return t("age_h", Math.floor(seconds / 3600));
  return t("age_d", Math.floor(seconds / 86400));
}

/** The facility's name in the reader's language. */
export const nameOf = (facility) => (language() === "ko" ? facility.name : facility.name_en || facility.name);

/** The city's name in the reader's language. */
export const cityOf = (facility) =>
  language() === "ko" ? facility.city_name : facility.city_name_en || facility.city_name;
