// The overview: counts, map, places by urgency, incidents.

import { el, keyed, panel, set, text } from "./dom.js";
import { age, cityOf, clock, nameOf, NONE, number } from "./format.js";
import { counts } from "./frame.js";
import { t, term } from "./i18n.js";
import { map } from "./map.js";
import { model } from "./model.js";
import { causeWord } from "./terms.js";
import { policyPanel } from "./policy.js";
import { byUrgency, icon, stageOf, stageWord } from "./stages.js";

const MOST_ROWS = 200;
const MOST_INCIDENTS = 30;
const STAGES = ["close", "caution", "unknown", "normal"];

/** Why a facility is unknown, or when it was last heard. */
export function linkWords({ status, since, last_heard: heard }) {
  if (status === "online") return t("online");
  return since ? t("unknown_since", clock(since, false)) : heard ? t("unknown_since", clock(heard, false)) : t("never_heard");
}

function makeRow(facility) {
  const name = el("b", { class: "name" });
  const line = el("span", { class: "line" });
  const word = el("span", { class: "word" });
  const value = el("span", { class: "value" });
  const slot = el("span", { class: "slot" });
  const link = el("a", { href: `#/f/${facility.id}` }, slot, el("span", { class: "who" }, name, line), value, word);
  return Object.assign(el("li", {}, link), { refs: { name, line, word, value, slot, link } });
}

function updateRow({ refs }, facility) {
  const stage = stageOf(facility);
  const state = model.states.get(facility.id);
  if (refs.link.dataset.stage !== stage) {
    refs.link.dataset.stage = stage;
    refs.slot.replaceChildren(icon(stage, 26));
  }
  text(refs.name, nameOf(facility));
  text(refs.line, [cityOf(facility), facility.disambiguation].filter(Boolean).join(" · "));
  text(refs.word, stage === "unknown" ? linkWords(facility.link) : stageWord(stage, facility));
  const level = stage === "unknown" || !state ? null : state.level_cm;
  text(refs.value, level === null ? NONE : `${number(level)} cm`);
}

function updateIncident({ refs }, incident) {
  const facility = model.facilities.get(incident.facility);
  set(refs.link, "data-state", incident.state);
  text(refs.title, facility ? `${nameOf(facility)} · ${term("hazard", incident.hazard)}` : incident.title);
  const cause = incident.first_out ? `${t("first_out")}: ${causeWord(incident.first_out)}` : null;
  text(refs.line, [cause, t("events", incident.events)].filter(Boolean).join(" · "));
  text(refs.when, incident.state === "active"
    ? `${clock(incident.opened_at)} · ${age(incident.opened_at)}`
    : `${t("cleared")} ${clock(incident.cleared_at, false)}`);
}

function makeIncident(incident) {
  const [title, line, when] = [el("b"), el("span", { class: "line" }), el("span", { class: "when" })];
  const link = el("a", { href: `#/f/${incident.facility}` }, title, when, line);
  return Object.assign(el("li", {}, link), { refs: { title, line, when, link } });
}

function tallies() {
  const tiles = STAGES.map((stage) => {
    const figure = el("b");
    return { stage, figure, node: el("div", { class: "tile", "data-stage": stage }, icon(stage, 34), figure, el("span", {}, t(`tally_${stage}`))) };
  });
  return {
    node: el("div", { class: "tiles" }, tiles.map((tile) => tile.node)),
    update() {
      const count = counts();
      for (const { stage, figure, node } of tiles) {
        text(figure, model.loaded ? count[stage] : NONE);
        set(node, "data-some", count[stage] > 0);
      }
    },
  };
}

/** Arrow keys move the focus among a list's links; one tab stop for the whole list. */
function arrows(list) {
  const links = () => [...list.querySelectorAll("a")];
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const all = links();
    const next = Math.min(Math.max(all.indexOf(document.activeElement) + step, 0), all.length - 1);
    all[next]?.focus();
  });
  list.addEventListener("focusin", (event) => {
    list.chosen = event.target.getAttribute("href");
    settle();
  });
  function settle() {
    const all = links();
    const stop = all.find((link) => link.getAttribute("href") === list.chosen) ?? all[0];
    for (const link of all) set(link, "tabindex", link === stop ? "0" : "-1");
  }
  return settle;
}

/** Build the overview. */
export function overview() {
  const chart = map();
  const tiles = tallies();
  const find = el("input", { type: "search", placeholder: t("find"), "aria-label": t("find"), oninput: () => update() });
  const list = el("ol", { class: "rows" });
  const note = el("p", { class: "note" });
  const places = panel("places", find, list, note);
  const incidentList = el("ol", { class: "incidents" });
  const calm = el("p", { class: "note" }, t("no_incidents"));
  const incidents = panel("incidents-box", incidentList, calm);
  const policy = policyPanel();
  text(places.title, t("places"));
  text(incidents.title, t("incidents"));
  const settle = arrows(list);
  const node = el("div", { class: "overview" }, chart.node, tiles.node, places.node,
    el("div", { class: "aside" }, incidents.node, policy.node));

  function update() {
    const all = [...model.facilities.values()].sort(byUrgency);
    const words = find.value.trim().toLowerCase();
    const found = words
      ? all.filter((f) => [f.id, f.name, f.name_en, f.city_name, f.city_name_en, f.disambiguation].join(" ").toLowerCase().includes(words))
      : all;
    chart.update(all);
    tiles.update();
    policy.update();
    keyed(list, found.slice(0, MOST_ROWS), (facility) => facility.id, makeRow, updateRow);
    settle();
    const rest = found.length - MOST_ROWS;
    text(note, !model.loaded ? t("loading") : rest > 0 ? t("more", rest) : found.length ? "" : t(all.length ? "none_found" : "no_places"));
    const order = { active: 0, cleared: 1 };
    const sorted = [...model.incidents.values()].sort((a, b) => order[a.state] - order[b.state] || Date.parse(b.opened_at) - Date.parse(a.opened_at));
    keyed(incidentList, sorted.slice(0, MOST_INCIDENTS), (incident) => incident.id, makeIncident, updateIncident);
    calm.hidden = !model.loaded || sorted.some((incident) => incident.state === "active");
  }

  return { node, update, focus: (id) => (update(), list.querySelector(`a[href="#/f/${id}"]`)?.focus()) };
}
