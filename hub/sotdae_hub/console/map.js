// The map: 31 cities, and each facility's mark at its place. The list beside it is its keyboard and speech twin.

import { el, keyed, set, svg, text } from "./dom.js";
import { language, t } from "./i18n.js";
import { nameOf } from "./format.js";
import { mark, stageOf, stageWord } from "./stages.js";

const outline = await (await fetch("gyeonggi.json")).json();
const { projection } = outline;
const MARK_SCALE = 2.5;
const NAME_SIZE = 28;
const RANK = { normal: 0, unknown: 1, caution: 2, close: 3 };

const project = ({ lat, lon }) => [
  (lon - projection.west) * projection.per_lon,
  (projection.north - lat) * projection.per_lat,
];

/** Districts of a city share its first four digits; Yeoju kept its county's code in older data. */
const cityKey = (code) => (code.startsWith("4173") ? "4167" : code.slice(0, 4));

function makeMark(facility) {
  const node = svg("a", { class: "place", href: `#/f/${facility.id}`, tabindex: "-1" });
  node.append(svg("title"));
  return node;
}

function updateMark(node, facility) {
  const stage = stageOf(facility);
  const [x, y] = project(facility);
  set(node, "transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${MARK_SCALE})`);
  text(node.firstChild, `${nameOf(facility)} · ${stageWord(stage, facility)}`);
  if (node.getAttribute("data-stage") === stage) return;
  set(node, "data-stage", stage);
  node.replaceChildren(node.firstChild, svg("circle", { class: "halo", r: 17 }), mark(stage));
}

/** Move names apart, downwards, where they would cover each other. Sizes are guesses: nothing is drawn yet. */
function placeNames(texts) {
  const placed = [];
  for (const name of [...texts].sort((a, b) => a.y - b.y)) {
    const half = (name.words.length * name.size * (language() === "ko" ? 1 : 0.55)) / 2;
    const clash = () => placed.find((other) => Math.abs(other.y - name.y) < name.size && Math.abs(other.x - name.x) < half + other.half);
    for (let other = clash(); other; other = clash()) name.y = other.y + name.size;
    placed.push({ ...name, half });
  }
  return placed.map(({ x, y, size, words }) => svg("text", { x, y, "font-size": size }, words));
}

/** A map that follows the facilities it is given. */
export function map() {
  const cities = new Map();
  const shapes = svg("g", { class: "cities" });
  const names = [];
  for (const city of outline.cities) {
    const path = svg("path", { d: city.path });
    cities.set(cityKey(city.code), path);
    shapes.append(path);
    const [x, y] = city.label;
    names.push({ x, y, size: NAME_SIZE, words: language() === "ko" ? city.name.slice(0, -1) : city.name_en });
  }
  const places = svg("g", { class: "places" });
  const node = svg("svg", {
    class: "map", viewBox: `0 0 ${projection.width} ${projection.height}`, role: "img", "aria-label": t("map"),
    preserveAspectRatio: "xMidYMid meet",
  }, shapes, svg("g", { class: "names" }, placeNames(names)), places);
  const source = el("small", { class: "source" }, t("map_source"));
  return {
    node: el("div", { class: "map-box" }, node, source),
    update(facilities) {
      const worst = new Map();
      for (const facility of facilities) {
        const key = cityKey(facility.city);
        const stage = stageOf(facility);
        if (RANK[stage] >= (RANK[worst.get(key)] ?? 0)) worst.set(key, stage);
      }
      for (const [key, path] of cities) set(path, "data-stage", worst.get(key));
      const order = [...facilities].sort((a, b) => RANK[stageOf(a)] - RANK[stageOf(b)]);
      keyed(places, order, (facility) => facility.id, makeMark, updateMark);
    },
  };
}
