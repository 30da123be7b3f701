// The hub's API: plain requests with a deadline, and a live stream that notices when it is dead.

import { learnClock } from "./format.js";

const BASE = "/api/v1";
const DEADLINE_MS = 6000;
const PROBE_MS = 5000;
const RETRY_MS = [1000, 2000, 4000, 8000];
const NAMES = ["state", "decision", "event", "incident", "health", "resync"];

/** An answer other than 2xx; `status` is 0 when there was none. */
export class HubError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** GET a JSON answer. Throws HubError. */
export async function get(path) {
  let answer;
  try {
    answer = await fetch(BASE + path, { cache: "no-store", signal: AbortSignal.timeout(DEADLINE_MS) });
    learnClock(answer.headers.get("date"));
    if (answer.ok) return await answer.json();
  } catch (error) {
    throw new HubError(0, String(error));
  }
  throw new HubError(answer.status, answer.statusText);
}

/** POST JSON and return the answer. Throws HubError with the hub's own words. */
async function post(path, body) {
  let answer;
  try {
    answer = await fetch(BASE + path, {
      method: "POST", cache: "no-store", signal: AbortSignal.timeout(DEADLINE_MS),
      headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    if (answer.ok) return await answer.json();
  } catch (error) {
    throw new HubError(0, String(error));
  }
  const said = await answer.json().catch(() => null);
  throw new HubError(answer.status, typeof said?.detail === "string" ? said.detail : answer.statusText);
}

const place = (id) => `/facilities/${encodeURIComponent(id)}`;
export const facilities = () => get("/facilities");
export const state = (id) => get(`${place(id)}/state`);
export const decisions = (id, limit) => get(`${place(id)}/decisions?limit=${limit}`);
export const events = (id, limit) => get(`${place(id)}/events?limit=${limit}`);
export const incidents = () => get("/incidents");
export const health = () => get("/health");
export const policies = () => get("/policies/status");
export const series = (id, channel, seconds, points) =>
  get(`${place(id)}/series?channel=${encodeURIComponent(channel)}&seconds=${seconds}&points=${points}`);
export const askNonce = (id) => post(`${place(id)}/nonce`, {});
export const sendCommand = (id, command) => post(`${place(id)}/commands`, command);
export const pictureUrl = (id, at) => `${BASE}${place(id)}/picture?at=${encodeURIComponent(at)}`;

/**
 * Follow live updates for ever. `onChange(name, data)` for each; `onUp()` after every (re)connection, when
 * everything must be asked afresh; `onDown(status)` whenever the hub stops answering. A half-open connection
 * looks healthy to the stream, so the hub is probed as well.
 */
export function follow({ onChange, onUp, onDown }) {
  let source = null;
  let failures = 0;
  let retry = null;

  function lose(status) {
    source?.close();
    source = null;
    onDown(status);
    clearTimeout(retry);
    retry = setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
  }

  function connect() {
    const mine = (source = new EventSource(`${BASE}/stream`));
    mine.onopen = () => {
      failures = 0;
      onUp();
    };
    mine.onerror = () => mine === source && lose(0);
    for (const name of NAMES)
      mine.addEventListener(name, (message) => {
        const data = parsed(message.data);
        if (data !== undefined) onChange(name, data);
      });
  }

  async function probe() {
    try {
      const answer = await health();
      if (source?.readyState === EventSource.OPEN) onChange("health", answer);
    } catch (error) {
      if (source) lose(error.status);
      else onDown(error.status);
    }
    setTimeout(probe, PROBE_MS);
  }

  connect();
  setTimeout(probe, PROBE_MS);
}

function parsed(data) {
  try {
    return data === "" ? null : JSON.parse(data);
  } catch (error) {
    console.warn("update from hub not understood", error);
    return undefined;
  }
}
