// Policies: how far the newest has got, why it stands still, and which nodes differ from what they are to have.

import { el, keyed, panel, set, text } from "./dom.js";
import { clock, nameOf } from "./format.js";
import { t, term } from "./i18n.js";
import { model } from "./model.js";
import { said } from "./said.js";

const MOST_NODES = 40;

/** The roll-out that somebody must know of: one under way before the newest. */
const foremost = (rollouts) => rollouts.find(({ state }) => state !== "done") ?? rollouts[0];

const differs = (node) => node.refused || node.waits || (node.desired !== null && node.applied !== node.desired);

/** What keeps a roll-out where it is, in the reader's language where the hub says it in parts. */
function whyWords({ state, why, frozen_by: wet }) {
  const place = model.facilities.get(wet);
  return state === "frozen" && place ? t("policy_frozen", nameOf(place)) : said(why);
}

function nodeWords(node) {
  if (node.forgotten) return t("policy_forgotten", node.forgotten);
  if (node.refused) return t("policy_refused", said(node.refused));
  if (node.waits) return t("policy_waits", node.waits);
  const applied = node.applied === null ? t("policy_none_taken") : node.applied || t("policy_own");
  return t("policy_differs", node.desired, applied);
}

function makeNode() {
  const name = el("b");
  const words = el("span");
  return Object.assign(el("li", {}, el("a", {}, name, words)), { refs: { name, words } });
}

function updateNode(item, node) {
  const place = model.facilities.get(node.facility);
  set(item.firstChild, "href", `#/f/${node.facility}`);
  set(item, "data-refused", Boolean(node.refused));
  text(item.refs.name, place ? nameOf(place) : node.facility);
  text(item.refs.words, nodeWords(node));
}

/** The panel; hidden as long as no policy was ever published. */
export function policyPanel() {
  const version = el("b");
  const state = el("span", { class: "tag" });
  const ring = el("span", { class: "line" });
  const why = el("p", { class: "why" });
  const count = el("p", { class: "count" });
  const list = el("ol", { class: "nodes" });
  const { node, title } = panel("policy", el("p", { class: "rollout" }, version, state, ring), why, count, list);
  text(title, t("policy"));
  return {
    node,
    update() {
      const { rollouts, nodes } = model.policies;
      const first = foremost(rollouts);
      node.hidden = !first;
      if (!first) return;
      set(node, "data-state", first.state);
      text(version, t("policy_version", first.version));
      text(state, term("rollout", first.state));
      text(ring, first.state === "done" ? clock(first.since, false) : t("policy_ring", first.ring, first.rings.length, clock(first.since, false)));
      text(why, first.state === "done" ? "" : whyWords(first));
      const having = nodes.filter((each) => each.applied === first.version).length;
      text(count, t("policy_have", having, first.rings.reduce((sum, size) => sum + size, 0)));
      const differing = nodes.filter(differs).sort((a, b) => Boolean(b.refused) - Boolean(a.refused));
      keyed(list, differing.slice(0, MOST_NODES), (each) => `${each.facility}/${each.node}`, makeNode, updateNode);
    },
  };
}
