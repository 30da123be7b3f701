// Starts the console: frame, routes, keys, spoken changes.

import { el, set, text } from "./dom.js";
import { frame, updateFrame } from "./frame.js";
import { nameOf } from "./format.js";
import { facilityView } from "./facility.js";
import { language, t } from "./i18n.js";
import { changed, model, onStage, onUp, start, subscribe } from "./model.js";
import { overview } from "./overview.js";
import { stageWord } from "./stages.js";

const main = document.getElementById("main");
const help = document.getElementById("help");
let view = null;
let shown = null;

/** The facility that the address names, or null for the overview. */
function wanted() {
  const match = /^#\/f\/([A-Z0-9-]+)$/.exec(location.hash);
  return match ? match[1] : null;
}

function show() {
  const id = wanted();
  const left = shown;
  shown = id;
  view = id ? facilityView(id) : overview();
  main.replaceChildren(view.node);
  main.className = id ? "is-facility" : "is-overview";
  changed();
  if (!id && left) view.focus(left);
  else if (id) main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

function draw() {
  set(document.documentElement, "lang", language());
  set(document.body, "class", model.lostSince ? "lost" : null);
  updateFrame();
  view.update();
}

function restart() {
  frame({ onLanguage: restart, onHelp: openHelp });
  buildHelp();
  text(document.getElementById("skip"), t("skip"));
  show();
}

function buildHelp() {
  const rows = [["↑ ↓", "help_move"], ["Enter", "help_open"], ["Esc", "help_back"], ["Tab", "help_tab"], ["?", "help_this"]];
  help.replaceChildren(
    el("h2", { id: "help-title" }, t("help")),
    el("dl", {}, rows.map(([key, word]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, t(word))])),
    el("p", {}, t("help_unknown")),
    el("p", {}, t("help_grey")),
    el("button", { type: "button", class: "button", onclick: () => help.close() }, t("close_help")),
  );
}

const openHelp = () => help.open || help.showModal();

function onKey(event) {
  if (document.querySelector("dialog[open]") || event.ctrlKey || event.altKey || event.metaKey) return;
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "?" && !typing) openHelp();
  else if (event.key === "Escape" && typing && event.target.value) return;
  else if (event.key === "Escape" && wanted()) location.hash = "#/";
  else return;
  event.preventDefault();
}

function speak(facility, before, after) {
  const words = after === "unknown"
    ? t("spoken_link", nameOf(facility))
    : t("spoken", nameOf(facility), stageWord(after, facility));
  text(document.getElementById(after === "close" ? "assertive" : "polite"), words);
}

restart();
addEventListener("hashchange", show);
addEventListener("keydown", onKey);
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
subscribe(draw);
onStage(speak);
onUp(() => view.reload?.());
setInterval(changed, 1000);
start();
