// What the console knows, and how updates change it. No drawing here.

import * as api from "./api.js";
import { nowMs } from "./format.js";
import { byUrgency, stageOf } from "./stages.js";

const KEEP = 60;
const TRAIL_S = 24 * 3600;
const FIRST_STATES = 60;
const POLICIES_MS = 5000;

export const model = {
  facilities: new Map(),
  states: new Map(),
  decisions: new Map(),
  events: new Map(),
  /** Voted levels as they came live: id → [{at, value}], oldest first. */
  trails: new Map(),
  incidents: new Map(),
  health: null,
  policies: { rollouts: [], nodes: [] },
  loaded: false,
  lostSince: null,
  refused: 0,
};

const listeners = new Set();
let due = false;

/** Call `listener` once a frame after changes. */
export const subscribe = (listener) => listeners.add(listener);

/** Ask for a redraw; many changes in one frame make one. */
export function changed() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    for (const listener of listeners) listener();
  });
}

const stageListeners = new Set();

/** Call `listener(facility, before, after)` when the stage that may be claimed changes. */
export const onStage = (listener) => stageListeners.add(listener);

function takeFacility(facility) {
  const before = model.facilities.get(facility.id);
  model.facilities.set(facility.id, facility);
  if (before && stageOf(before) !== stageOf(facility))
    for (const listener of stageListeners) listener(facility, stageOf(before), stageOf(facility));
}

function takeState(state) {
  const id = state.facility.id;
  takeFacility(state.facility);
  model.states.set(id, state);
  if (!state.at || state.facility.link.status !== "online") return;
  const trail = model.trails.get(id) ?? [];
  if (trail.at(-1)?.at !== state.at) trail.push({ at: state.at, value: state.level_cm });
  while (trail.length && nowMs() - Date.parse(trail[0].at) > TRAIL_S * 1000) trail.shift();
  model.trails.set(id, trail);
}

/** When each facility's state last came live: an answer asked for before that is already old. */
const liveMs = new Map();

/** Take a state that was asked for at `askedMs`, unless a live one has overtaken it. */
function takeAnswer(state, askedMs) {
  if ((liveMs.get(state.facility.id) ?? -1) < askedMs) takeState(state);
}

/** Newest first, each once, no more than KEEP. */
function merge(map, id, items) {
  const all = new Map();
  for (const item of [...(map.get(id) ?? []), ...items]) all.set(JSON.stringify(item), item);
  const sorted = [...all.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  map.set(id, sorted.slice(0, KEEP));
}

const TAKE = {
  state: (state) => {
    liveMs.set(state.facility.id, performance.now());
    takeState(state);
  },
  decision: (decision) => merge(model.decisions, decision.facility, [decision]),
  event: (event) => merge(model.events, event.facility, [event]),
  incident: (incident) => model.incidents.set(incident.id, incident),
  health: (health) => (model.health = health),
  resync: () => refresh(),
};

function take(name, data) {
  TAKE[name](data);
  changed();
}

let refreshing = null;

/** Ask the hub for everything an overview needs. */
export function refresh() {
  refreshing ??= load().finally(() => (refreshing = null));
  return refreshing;
}

async function load() {
  const askedMs = performance.now();
  try {
    const [places, incidents, health] = await Promise.all([api.facilities(), api.incidents(), api.health()]);
    const known = new Set(places.map((facility) => facility.id));
    for (const id of model.facilities.keys()) if (!known.has(id)) model.facilities.delete(id);
    for (const facility of places) if ((liveMs.get(facility.id) ?? -1) < askedMs) takeFacility(facility);
    model.incidents = new Map(incidents.map((incident) => [incident.id, incident]));
    Object.assign(model, { health, loaded: true, lostSince: null, refused: 0 });
    const urgent = [...places].sort(byUrgency).slice(0, FIRST_STATES);
    const states = await Promise.all(urgent.map((facility) => api.state(facility.id)));
    for (const state of states) takeAnswer(state, askedMs);
  } catch (error) {
    lost(error.status ?? 0);
    if (!(error instanceof api.HubError)) throw error;
  }
  changed();
}

/** Ask how far policies have got, and again after a while; nothing tells of it as it changes. */
async function watchPolicies() {
  try {
    if (!model.lostSince) model.policies = await api.policies();
    changed();
  } catch (error) {
    if (!(error instanceof api.HubError)) throw error; // the probe of the hub tells of a loss
  } finally {
    setTimeout(watchPolicies, POLICIES_MS);
  }
}

/** Ask for one facility's state and past. Throws HubError. */
export async function loadFacility(id) {
  const askedMs = performance.now();
  const [state, decisions, events] = await Promise.all([
    api.state(id),
    api.decisions(id, KEEP),
    api.events(id, KEEP),
  ]);
  takeAnswer(state, askedMs);
  merge(model.decisions, id, decisions);
  merge(model.events, id, events);
  changed();
}

function lost(status) {
  model.lostSince ??= new Date(nowMs()).toISOString();
  if (status) model.refused = status < 500 ? status : 0; // a stream cannot tell a refusal from a silence
  changed();
}

const upListeners = new Set();

/** Call `listener` after the hub has come (back). */
export const onUp = (listener) => upListeners.add(listener);

/** Begin to follow the hub. */
export function start() {
  watchPolicies();
  api.follow({
    onChange: take,
    onUp: async () => {
      await refresh();
      for (const listener of upListeners) listener();
    },
    onDown: lost,
  });
}
