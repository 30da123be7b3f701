// A drawing of the underpass: water in the dip, the arm, sign, flashers. It shows read-backs, never orders.

import { set, svg, text } from "./dom.js";

const DIP_Y = 150;
const ROAD_Y = 84;
const PROFILE = `M-800 ${ROAD_Y}H196C250 ${ROAD_Y} 250 ${DIP_Y} 304 ${DIP_Y}H1200`;
const PX_PER_CM = 1.15;
const MOST_CM = 52;

/** Arm angle in degrees above the road for what the limit switches prove; null is not known. */
function armAngle({ limit_open: up, limit_closed: down }) {
  if (up === true && down !== true) return 76;
  if (down === true && up !== true) return 0;
  return up === false && down === false ? 40 : null;
}

/** The drawing; hidden for a facility without a barrier. */
export function mimic() {
  const water = svg("path", { class: "water" });
  const arm = svg("g", { class: "arm" },
    svg("path", { d: "M0 0H-104" }), svg("path", { class: "stripes", d: "M-10 0H-104" }));
  const unsure = svg("text", { class: "unsure", x: 96, y: 44 }, "?");
  const sign = svg("g", { class: "sign" },
    svg("rect", { x: 4, y: 4, width: 62, height: 30, rx: 3 }), svg("text", { x: 35, y: 24 }));
  const flasher = svg("circle", { class: "flasher", cx: 172, cy: 22, r: 6 });
  const closeLine = svg("path", { class: "limit close" });
  const node = svg("svg", { class: "mimic", viewBox: "0 -36 420 206", preserveAspectRatio: "xMidYMax meet", "aria-hidden": "true" },
    svg("path", { class: "portal", d: "M286 20H1200V166H286Z" }),
    water, closeLine,
    svg("path", { class: "ground", d: `${PROFILE}V600H-800Z` }), svg("path", { class: "road", d: PROFILE }),
    svg("path", { class: "pole", d: `M35 34V${ROAD_Y}M172 28V${ROAD_Y}` }), sign, flasher, arm, unsure);

  function updateWater(level, limit) {
    const top = DIP_Y - Math.min(Math.max(level ?? 0, 0), MOST_CM) * PX_PER_CM;
    set(water, "d", level > 0 ? `M200 ${top.toFixed(1)}H1200V166H200Z` : "");
    const y = DIP_Y - (limit ?? 0) * PX_PER_CM;
    set(closeLine, "d", limit ? `M258 ${y.toFixed(1)}H1200` : "");
  }

  return {
    node,
    update({ facility, outputs, level_cm: level, thresholds }) {
      set(node, "class", facility.barrier === null ? "mimic away" : "mimic");
      const angle = armAngle(outputs);
      set(arm, "transform", `translate(172 66) rotate(${angle ?? 40})`);
      set(arm, "data-known", angle === null ? "no" : "yes");
      set(unsure, "class", angle === null ? "unsure" : "unsure away");
      const shows = outputs.sign_closed ? "close" : outputs.sign_caution ? "caution" : outputs.sign_closed === false ? "blank" : "unknown";
      set(sign, "data-shows", shows);
      text(sign.lastChild, { close: "✕", caution: "!", blank: "", unknown: "?" }[shows]);
      set(flasher, "data-on", String(outputs.flasher_on ?? "unknown"));
      updateWater(level, thresholds.close_cm);
    },
  };
}
