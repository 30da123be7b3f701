// Machine names that need more than a look-up: alarms and first causes.

import { t, term } from "./i18n.js";

/** An alarm's code in words: `sensor.radar`, `warning.siren_on`, `home.h3.wet_2`, or one of a list. */
export function alarmWord(code) {
  const [group, name, what] = code.split(".");
  if (group === "sensor" && name) return t("alarm.sensor", term("channel", name));
  if (group === "home" && what) return term("home", what).replace("{0}", name);
  const whole = term("alarm", code);
  if (group === "warning" && whole === plain(code)) return t("alarm.warning", term("output", name));
  return whole;
}

/** The first cause in words: a named cause, else a channel. */
export function causeWord(cause) {
  const named = term("cause", cause);
  return named === plain(cause) ? term("channel", cause) : named;
}

const plain = (name) => name.replaceAll("_", " ");
