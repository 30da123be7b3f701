// Two people reopen a gate from here: its nonce, the request that each signs, both approvals, its own verdict.
// No private key comes near this page: each signs with `sotdae gate approve`, on a machine of their own.

import { askNonce, HubError, sendCommand } from "./api.js";
import { el, keyed, set, text } from "./dom.js";
import { clock, nameOf, nowMs, number } from "./format.js";
import { known, t, term } from "./i18n.js";
import { changed, model } from "./model.js";
import { said } from "./said.js";

const LIFE_MS = 180_000;
/** A gate takes no order that lives longer than a minute: it goes out in the last one, with room for clocks. */
const LAST_MS = 55_000;
const REOPENABLE = new Set(["closed", "held_open", "partial", "obstructed", "fault"]);
const SIGNATURE = /^[0-9a-f]{128}$/;

const obstacles = (given) => [
  given.nonce === null && t("reopen_nothing"),
  !given.release && t("reopen_no_release"),
  given.tripping && t("reopen_tripping"),
  !given.channels_valid && t("reopen_channels"),
].filter(Boolean);

/** Why the hub took nothing: in its own words, or that it did not answer. */
const whyFailed = ({ status, message }) => (status ? said(message) : t("hub_lost"));

const random = () => [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** What both people sign, and what helps them to read it. */
function request(facility, given, reason) {
  const command = {
    id: `console-${random()}`, facility: given.facility, actuator: given.actuator, target: "open", reason,
    incident: given.incident, issuer: "console", seq: 1 + Math.max(0, ...Object.values(given.last_seq)),
    not_after: new Date(nowMs() + LIFE_MS).toISOString(), expect_state: given.state, nonce: given.nonce,
    lasts_s: null, checklist: given.checklist, approvals: [],
  };
  const { name, name_en, disambiguation } = facility;
  return { command, place: { name, name_en, disambiguation }, keys: given.roster };
}

/** The approval in a pasted text; `problem` says why there is none. */
function approval(words, keys) {
  if (!words.trim()) return { problem: "" };
  try {
    const { key, signature } = JSON.parse(words);
    if (typeof key !== "string" || !SIGNATURE.test(signature)) return { problem: t("reopen_no_approval") };
    if (!(key in keys)) return { problem: t("reopen_stranger", key) };
    return { key, signature, problem: "" };
  } catch {
    return { problem: t("reopen_no_approval") };
  }
}

const row = (label, value) => [el("dt", {}, label), el("dd", {}, value)];

/** What the gate said, its checklist, and the way on. */
function preparation(facility, given, onReady) {
  const found = obstacles(given);
  const boxes = given.checklist.map((item) => el("input", { type: "checkbox", value: item, oninput: check }));
  const reason = el("input", { type: "text", maxlength: 300, class: "reason", oninput: check });
  const ready = el("button", { type: "button", class: "button", disabled: true, onclick: () => onReady(reason.value.trim()) }, t("reopen_make"));
  function check() {
    const done = boxes.every((box) => box.checked) && reason.value.trim() && given.nonce !== null && given.release;
    ready.disabled = !done;
  }
  const node = el("section", { class: "ask" },
    el("dl", { class: "signed" },
      row(t("reopen_place"), `${nameOf(facility)} · ${facility.disambiguation} · ${given.facility}`),
      row(t("reopen_incident"), given.incident ?? "–"), row(t("barrier"), term("barrier", given.state)),
      row(t("reopen_dry"), t("reopen_minutes", number(given.dry_s / 60)))),
    el("ul", { class: "obstacles" }, found.map((words) => el("li", {}, words))),
    el("fieldset", {}, el("legend", {}, t("reopen_checklist")),
      boxes.map((box) => el("label", {}, box, known("check", box.value) ?? term("check", box.value)))),
    el("label", { class: "why" }, t("reopen_reason"), reason), ready);
  return { node, stop: () => [...boxes, reason, ready].forEach((each) => (each.disabled = true)) };
}

/** The request to hand out, the two approvals, and the verdict. */
function signing(made) {
  const { command, keys } = made;
  const file = `open-${command.facility}.json`;
  const url = URL.createObjectURL(new Blob([JSON.stringify(made, null, 1)], { type: "application/json" }));
  const slots = [1, 2].map((place) => {
    const input = el("textarea", { rows: 3, spellcheck: "false", "aria-label": t("reopen_approval", place), oninput: changed });
    return { place, input, said: el("p", { class: "said" }), node: null };
  });
  const send = el("button", { type: "button", class: "button send", disabled: true, onclick: go }, t("reopen_send"));
  const when = el("p", { class: "when", role: "status" });
  const verdict = el("p", { class: "gate-word", role: "status", hidden: true });
  const because = el("ul", { class: "because" });
  const until = Date.parse(command.not_after);
  const from = until - LAST_MS;
  let state = "collecting";
  let problem = "";

  const approvals = () => slots.map(({ input }) => approval(input.value, keys));
  const complete = (both) => both.every((each) => each.key) && both[0].key !== both[1].key;

  async function go() {
    state = "sent";
    update();
    const both = approvals().map(({ key, signature }) => ({ key, signature }));
    try {
      await sendCommand(command.facility, { ...command, approvals: both });
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      state = "failed";
      problem = whyFailed(error);
    }
    update();
  }

  function updateVerdict() {
    const answers = (model.decisions.get(command.facility) ?? []).filter((each) => each.command === command.id);
    const last = answers.find((each) => each.verdict) ?? answers[0];
    verdict.hidden = state === "collecting";
    const words = { failed: problem, sent: last ? null : t("reopen_sent") }[state];
    set(verdict, "data-verdict", state === "failed" ? "refused" : last?.verdict ?? null);
    text(verdict, words ?? (last?.verdict ? t("reopen_verdict", term("verdict", last.verdict)) : t("reopen_waits")));
    keyed(because, state === "sent" && last ? last.because : [], (why) => why, () => el("li"), (item, why) => text(item, said(why)));
  }

  function update() {
    const both = approvals();
    const same = both[0].key && both[0].key === both[1].key;
    slots.forEach(({ said }, place) => text(said, both[place].problem || (same && place ? t("reopen_same") : both[place].key ?? "")));
    const now = nowMs();
    const over = now >= until;
    send.disabled = state !== "collecting" || over || now < from || !complete(both);
    when.hidden = state !== "collecting";
    text(when, over ? t("reopen_over") : now < from ? t("reopen_from", clock(new Date(from).toISOString()), clock(command.not_after)) : t("reopen_until", clock(command.not_after)));
    updateVerdict();
  }

  const node = el("section", { class: "sign" },
    el("p", {}, t("reopen_sign"), " ", el("a", { class: "button file", href: url, download: file }, file)),
    el("code", { class: "command" }, `sotdae gate approve ${file} --key KEY.pem`),
    slots.map(({ place, input, said }) => el("label", {}, t("reopen_approval", place), input, said)),
    when, send, verdict, because);
  return { node, update, stop: () => URL.revokeObjectURL(url) };
}

/** The button that begins, and its dialog. */
export function reopening() {
  const dialog = el("dialog", { class: "reopen", "aria-labelledby": "reopen-title" });
  const button = el("button", { type: "button", class: "button", hidden: true, onclick: begin }, t("reopen"));
  let facility = null;
  let part = null;
  dialog.addEventListener("close", () => {
    part?.stop();
    part = null;
  });

  function show(...nodes) {
    dialog.replaceChildren(el("h2", { id: "reopen-title" }, t("reopen_title", nameOf(facility))), ...nodes,
      el("button", { type: "button", class: "button leave", onclick: () => dialog.close() }, t("reopen_leave")));
  }

  async function begin() {
    show(el("p", { class: "note" }, t("reopen_asking")));
    dialog.showModal();
    try {
      const given = await askNonce(facility.id);
      if (!dialog.open) return;
      const first = preparation(facility, given, (reason) => {
        first.stop();
        part = signing(request(facility, given, reason));
        show(first.node, part.node);
        part.update();
        part.node.scrollIntoView();
      });
      show(first.node);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      show(el("p", { class: "obstacles" }, whyFailed(error)));
    }
  }

  return {
    button,
    dialog,
    update(place, old) {
      facility = place;
      button.hidden = old || !REOPENABLE.has(place.barrier?.toLowerCase());
      part?.update?.();
    },
  };
}
