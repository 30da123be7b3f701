// One facility: what it does now, why, and how far each value can be believed.

import { el, set, text } from "./dom.js";
import { HubError } from "./api.js";
import { age, cityOf, nameOf } from "./format.js";
import { t, term } from "./i18n.js";
import { levelPanel } from "./level.js";
import { loadFacility, model } from "./model.js";
import { linkWords } from "./overview.js";
import { picturePanel } from "./picture.js";
import { reopening } from "./reopen.js";
import { completenessPanel } from "./completeness.js";
import { sensorPanel } from "./sensors.js";
import { sitePanel } from "./site.js";
import { stagePanel } from "./stage.js";
import { stageOf } from "./stages.js";
import { timelinePanel } from "./timeline.js";

function header() {
  const [name, line, id] = [el("h1"), el("span", { class: "line" }), el("code")];
  const link = el("span", { class: "lamp link" });
  const edgeClock = el("span", { class: "tag" });
  const stale = el("strong", { class: "stale-tag" });
  const reopen = reopening();
  const node = el("div", { class: "place-head" },
    el("a", { class: "button back", href: "#/" }, `← ${t("back")}`), name, line, id, el("span", { class: "gap" }), stale, edgeClock, reopen.button, link, reopen.dialog);
  return {
    node,
    update(facility, state, old) {
      text(name, nameOf(facility));
      text(line, [term("type", facility.type), cityOf(facility), facility.disambiguation].filter(Boolean).join(" · "));
      text(id, facility.id);
      const online = facility.link.status === "online";
      set(link, "data-is", online ? "ok" : "bad");
      text(link, online ? `${t("online")} · ${t("heard", age(facility.link.last_heard))}` : linkWords(facility.link));
      stale.hidden = !old;
      text(stale, t("last_known", age(state?.at ?? facility.link.last_heard)));
      edgeClock.hidden = !state?.clock || state.clock === "synced";
      text(edgeClock, t("edge_clock", term("clock", state?.clock)));
      reopen.update(facility, old);
    },
  };
}

/** A panel that fails says so and leaves the others alone: an old value must never pass for a new one. */
function attempt(part, state, old) {
  try {
    part.update(state, old);
    set(part.node, "data-broken", null);
  } catch (error) {
    set(part.node, "data-broken", t("broken"));
    console.error(error);
  }
}

function sayLast(node, words) {
  node.hidden = words === null;
  text(node, words ?? "");
}

/** Build the view of one facility; it loads itself, and again on `reload`. */
export function facilityView(id) {
  const top = header();
  const columns = [
    [stagePanel(), sitePanel(), completenessPanel()],
    [levelPanel(id), sensorPanel()],
    [picturePanel(id), timelinePanel(id)],
  ];
  const panels = columns.flat();
  const grid = el("div", { class: "grid" }, columns.map((column) => el("div", { class: "column" }, column.map((part) => part.node))));
  const note = el("p", { class: "note" }, t("loading"));
  const node = el("div", { class: "facility" }, top.node, note, grid);
  grid.hidden = true;

  async function reload() {
    if (model.loaded && !model.facilities.has(id)) {
      text(note, t("not_found", id));
      return;
    }
    try {
      await loadFacility(id);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (error.status === 404) text(note, t("not_found", id));
    }
    for (const part of panels) part.reload?.();
  }

  function update() {
    const facility = model.facilities.get(id);
    const state = model.states.get(id);
    if (!facility || !state) return;
    const old = stageOf(facility) === "unknown" || model.lostSince !== null;
    note.hidden = true;
    grid.hidden = false;
    set(grid, "data-old", old);
    set(node, "data-stage", stageOf(facility));
    top.update(facility, state, old);
    for (const part of panels) {
      sayLast(part.node.last, old ? t("last_known", age(state.at ?? facility.link.last_heard)) : null);
      attempt(part, state, old);
    }
  }

  reload();
  return { node, update, reload };
}
