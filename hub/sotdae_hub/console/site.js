// What the site reads back: signs, flashers, siren, limit switches, lane. Unknown is a dash, not OFF.

import { el, keyed, panel, set, text } from "./dom.js";
import { NONE } from "./format.js";
import { t, term } from "./i18n.js";

const WARNINGS = new Set(["sign_closed", "sign_caution", "flasher_on", "siren_on"]);

const makeTile = () => el("div", { class: "readback" }, el("span"), el("b"));

function updateTile(node, [name, value]) {
  text(node.firstChild, name === "lane" ? t("lane") : term("output", name));
  if (name === "lane") {
    text(node.lastChild, value === "unknown" ? NONE : term("lane", value));
    set(node, "data-is", { occupied: "warn", clear: "off", unknown: "unknown" }[value]);
    return;
  }
  text(node.lastChild, value === null ? NONE : t(value ? "on" : "off"));
  set(node, "data-is", value === null ? "unknown" : !value ? "off" : WARNINGS.has(name) ? "warn" : "on");
}

/** The panel; hidden for a facility that reads nothing back. */
export function sitePanel() {
  const tiles = el("div", { class: "tiles-small" });
  const { node, title } = panel("site", tiles);
  text(title, t("readback"));
  return {
    node,
    update({ outputs, lane }) {
      const rows = [...Object.entries(outputs), ...(lane === null ? [] : [["lane", lane]])];
      node.hidden = rows.length === 0;
      keyed(tiles, rows, ([name]) => name, makeTile, updateTile);
    },
  };
}
