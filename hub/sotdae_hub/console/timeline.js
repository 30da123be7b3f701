// Decisions with their reasons and alarms, newest first.

import { el, keyed, panel, set, text } from "./dom.js";
import { clock, NONE, number } from "./format.js";
import { t, term } from "./i18n.js";
import { model } from "./model.js";
import { said } from "./said.js";
import { alarmWord, causeWord, stateWord } from "./terms.js";

const MOST = 40;

const makeEntry = ({ decision, event }) =>
  decision ? makeDecision(decision) : makeEvent(event);

/** An entry is a record of the past: it is written once and never changes. */
function makeDecision(decision) {
  const { previous, state } = decision;
  const word = term("decision", decision.decision);
  const change = previous === state ? word : `${stateWord(previous)} → ${stateWord(state)}`;
  const tags = [
    decision.first_out && `${t("first_out")}: ${causeWord(decision.first_out)}`,
    Number.isFinite(decision.level_cm) && `${number(decision.level_cm)} cm`,
    decision.architecture,
    decision.verdict && term("verdict", decision.verdict),
  ].filter(Boolean);
  return el("li", { class: "decision", "data-verdict": decision.verdict },
    el("time", { datetime: decision.at }, clock(decision.at)),
    el("b", {}, change),
    el("span", { class: "code" }, previous === state ? stateWord(state) : word),
    el("ul", { class: "because", "aria-label": t("because") }, decision.because.map((why) => el("li", {}, said(why)))),
    el("p", { class: "tags" }, tags.map((tag) => el("span", { class: "tag" }, tag))));
}

function makeEvent(event) {
  const test = event.data?.test === true;
  return el("li", { class: "event", "data-priority": event.priority, "data-active": String(event.active), "data-test": String(test) },
    el("time", { datetime: event.at }, clock(event.at)),
    el("b", {}, test ? el("span", { class: "test" }, t("test")) : "", alarmWord(event.code)),
    el("span", { class: "code" }, `P${event.priority} · ${t(event.active ? "opened" : "cleared")}`),
    el("p", { class: "because" }, event.text ? said(event.text) : NONE));
}

/** The panel. */
export function timelinePanel(id) {
  const list = el("ol", { class: "timeline", tabindex: "0", "aria-label": t("decisions") });
  const none = el("p", { class: "note" }, t("no_decisions"));
  const { node, title } = panel("decisions", list, none);
  text(title, t("decisions"));
  return {
    node,
    update() {
      const entries = [
        ...(model.decisions.get(id) ?? []).map((decision) => ({ at: decision.at, decision })),
        ...(model.events.get(id) ?? []).map((event) => ({ at: event.at, event })),
      ].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, MOST);
      keyed(list, entries, (entry) => JSON.stringify(entry), makeEntry, () => {});
      none.hidden = entries.length > 0;
      set(list, "class", entries.length ? "timeline" : "timeline away");
    },
  };
}
