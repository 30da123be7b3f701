// How complete the hub's record of this facility is.

import { el, panel, set, text } from "./dom.js";
import { t } from "./i18n.js";

/** The panel. */
export function completenessPanel() {
  const figures = Object.fromEntries(["stored", "missing", "dropped", "pending"].map((name) => [name, el("b")]));
  const tiles = Object.entries(figures).map(([name, figure]) => el("div", { "data-name": name }, el("span", {}, t(name)), figure));
  const verdict = el("p", { class: "verdict" });
  const { node, title } = panel("records", el("div", { class: "figures" }, tiles), verdict);
  text(title, t("records"));
  return {
    node,
    update({ completeness, pending }) {
      const values = { ...completeness, pending };
      for (const [name, figure] of Object.entries(figures)) {
        text(figure, values[name].toLocaleString());
        set(figure.parentNode, "data-some", name !== "stored" && values[name] > 0);
      }
      const whole = !completeness.missing && !completeness.dropped && !completeness.tail_unknown;
      set(verdict, "data-is", whole ? "ok" : "bad");
      text(verdict, completeness.tail_unknown ? t("tail_unknown") : t(whole ? "complete" : "incomplete"));
    },
  };
}
