// The stage as one huge word, with the barrier, the first cause and the alarms.

import { el, keyed, panel, set, text } from "./dom.js";
import { clock, NONE } from "./format.js";
import { t, term } from "./i18n.js";
import { model } from "./model.js";
import { mimic } from "./mimic.js";
import { linkWords } from "./overview.js";
import { alarmWord, causeWord } from "./terms.js";
import { icon, stageOf, stageWord } from "./stages.js";

/** How a barrier state should look: calm, moving or wrong. */
const MANNER = {
  open: "calm", closed: "calm", pre_warn: "moving", clearing: "moving", lowering: "moving", backing_off: "moving",
  opening: "moving", escape: "wrong", partial: "wrong", obstructed: "wrong", fault: "wrong", manual: "wrong", held_open: "wrong",
};

/** The newest decision that names a first cause in the open incident. */
function firstOut(state) {
  if (!state.incident) return null;
  const incident = model.incidents.get(state.incident);
  if (incident?.first_out) return incident.first_out;
  return model.decisions.get(state.facility.id)?.find((decision) => decision.first_out)?.first_out ?? null;
}

/** The panel. */
export function stagePanel() {
  const slot = el("span", { class: "slot" });
  const word = el("p", { class: "stage-word" });
  const under = el("p", { class: "under" });
  const barrier = el("dd", { class: "barrier-state" });
  const barrierRow = el("div", { class: "barrier-row" }, el("dt", {}, t("barrier")), barrier);
  const cause = el("dd");
  const causeRow = el("div", {}, el("dt", {}, t("first_out")), cause);
  const alarms = el("ul", { class: "alarms" });
  const scene = mimic();
  const { node, title } = panel("stage",
    el("div", { class: "headline" }, slot, word), under, el("dl", { class: "facts" }, barrierRow, causeRow), scene.node, alarms);
  text(title, t("stage"));
  return {
    node,
    update(state, old) {
      const { facility } = state;
      const stage = stageOf(facility);
      if (node.dataset.stage !== stage) {
        node.dataset.stage = stage;
        slot.replaceChildren(icon(stage, 84));
      }
      text(word, stageWord(stage, facility));
      under.hidden = stage !== "unknown";
      text(under, `${linkWords(facility.link)} · ${t("last_word", stageWord(facility.stage, facility))}`);
      barrierRow.hidden = facility.barrier === null;
      text(barrier, facility.barrier === null ? NONE : term("barrier", facility.barrier));
      set(barrier, "data-manner", old ? null : MANNER[facility.barrier?.toLowerCase()] ?? "calm");
      const first = firstOut(state);
      causeRow.hidden = !first;
      const opened = model.incidents.get(state.incident)?.opened_at;
      text(cause, first ? [causeWord(first), opened && clock(opened)].filter(Boolean).join(" · ") : NONE);
      scene.update(state);
      keyed(alarms, state.alarms, (alarm) => alarm, () => el("li"), (item, alarm) => text(item, alarmWord(alarm)));
    },
  };
}
