// The frame around every view: bar with counts, language and theme; banner; footer with the hub's health.

import { el, keyed, set, svg, text } from "./dom.js";
import { clock, nowMs } from "./format.js";
import { t, term, toggleLanguage } from "./i18n.js";
import { model } from "./model.js";
import { icon, stageOf } from "./stages.js";

const bar = document.getElementById("bar");
const banner = document.getElementById("banner");
const foot = document.getElementById("foot");
const STAGES = ["close", "caution", "unknown", "normal"];
let parts = null;

const systemDark = matchMedia("(prefers-color-scheme: dark)");
const storedTheme = () => localStorage.getItem("sotdae.theme");
const theme = () => storedTheme() ?? (systemDark.matches ? "dark" : "light");
const applyTheme = () => set(document.documentElement, "data-theme", theme());
systemDark.addEventListener("change", applyTheme);
applyTheme();

function toggleTheme() {
  localStorage.setItem("sotdae.theme", theme() === "dark" ? "light" : "dark");
  applyTheme();
}

const logo = () =>
  svg("svg", { viewBox: "0 0 32 32", width: 28, height: 28, "aria-hidden": "true" },
    svg("path", { class: "logo", d: "M16 30V15M6 13c3 3 9 4 14 1l3-4 4-1-3-2c-1-3-5-3-6 0-1 3-6 4-12 6z" }));

const button = (words, label, onclick) =>
  el("button", { type: "button", class: "button", "aria-label": label, title: label, onclick }, words);

/** Build the frame in the language in force. */
export function frame({ onLanguage, onHelp }) {
  const tally = el("ul", { class: "tally-bar" });
  const hub = el("span", { class: "lamp" });
  const broker = el("span", { class: "lamp" });
  const time = el("time", { class: "wall" });
  parts = { tally, hub, broker, time };
  bar.replaceChildren(
    el("a", { class: "brand", href: "#/", "aria-label": `Sotdae, ${t("home")}` }, logo(),
      el("b", {}, "Sotdae"), el("span", {}, t("title"))),
    tally, el("span", { class: "gap" }), hub, broker, time,
    button(t("language"), t("language"), () => (toggleLanguage(), onLanguage())),
    button("◐", t("theme"), toggleTheme),
    button("?", t("help"), onHelp),
  );
}

/** How many facilities are in each stage. */
export function counts() {
  const count = { close: 0, caution: 0, unknown: 0, normal: 0 };
  for (const facility of model.facilities.values()) count[stageOf(facility)] += 1;
  return count;
}

function updateTally() {
  const count = counts();
  keyed(parts.tally, STAGES, (stage) => stage,
    (stage) => el("li", {}, icon(stage, 20), el("b"), el("span", { class: "spoken" }, t(`tally_${stage}`))),
    (node, stage) => {
      set(node, "class", count[stage] && stage !== "normal" ? `some ${stage}` : null);
      set(node, "title", t(`tally_${stage}`));
      text(node.children[1], model.loaded ? count[stage] : "–");
    });
}

function updateLamps() {
  const { health, lostSince } = model;
  const hub = lostSince ? "lost" : health?.status;
  parts.hub.hidden = !hub;
  set(parts.hub, "data-is", hub === "ok" ? "ok" : "bad");
  if (hub) text(parts.hub, t(`hub_${hub}`));
  const broker = lostSince || !health ? null : health.broker;
  parts.broker.hidden = broker === null;
  set(parts.broker, "data-is", broker === "connected" ? "ok" : "bad");
  if (broker) text(parts.broker, t(`broker_${broker}`, clock(health.broker_since)));
}

function updateFoot() {
  const { health } = model;
  const items = health
    ? [
        ["journal", t("journal", health.journal.toLocaleString())],
        ...health.stores.map((store) => [`s-${store.name}`, t("store", term("store", store.name), store.lag.toLocaleString())]),
        ["duplicates", t("duplicates", health.duplicates.toLocaleString())],
        ["quarantined", t("quarantined", health.quarantined.toLocaleString())],
        ["rejected", t("rejected", health.rejected.toLocaleString())],
        ["version", `Sotdae ${health.version}`],
      ]
    : [];
  keyed(foot, items, ([key]) => key, () => el("span"), (node, [, words]) => text(node, words));
}

/** Bring the frame up to date. */
export function updateFrame() {
  updateTally();
  updateLamps();
  updateFoot();
  text(parts.time, clock(new Date(nowMs()).toISOString()));
  banner.hidden = !model.lostSince;
  if (model.refused) text(banner, t("banner_refused", model.refused));
  else if (model.lostSince) text(banner, t("banner_lost", clock(model.lostSince)));
}
