// The latest picture, with its age; never shown as if it were live.

import { el, panel, set, text } from "./dom.js";
import { pictureUrl } from "./api.js";
import { age, ageS, nameOf } from "./format.js";
import { t } from "./i18n.js";

const OLD_S = 60;

/** The panel. */
export function picturePanel(id) {
  const image = el("img", { alt: "" });
  const none = el("p", { class: "no-picture" }, t("no_picture"));
  const caption = el("figcaption");
  const { node, title } = panel("picture", el("figure", {}, image, none, caption));
  text(title, t("picture"));
  let asked = null;
  let shownAt = null;

  /** Load aside and swap when it is there, so that the picture never blinks. */
  function ask(at) {
    asked = at;
    const next = new Image();
    next.onload = () => {
      if (asked !== at) return;
      image.src = next.src;
      shownAt = at;
    };
    next.src = pictureUrl(id, at);
  }

  return {
    node,
    reload: () => (asked = shownAt),
    update({ facility, picture_at: at }, old) {
      if (at && at !== asked && !old) ask(at);
      image.hidden = shownAt === null;
      none.hidden = shownAt !== null;
      text(caption, shownAt ? t("picture_age", age(shownAt)) : "");
      set(image, "alt", t("picture_alt", nameOf(facility)));
      set(node, "data-old", shownAt === null || ageS(shownAt) > OLD_S);
    },
  };
}
