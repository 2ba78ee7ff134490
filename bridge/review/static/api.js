/** Talks to the daemon that served this page. Every refusal comes as a sentence for the musician. */

/** A refusal of the daemon. */
export class Refusal extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @param {string} path @param {RequestInit} [init] @returns {Promise<Response>} */
async function call(path, init) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init?.signal?.aborted) throw error;
    throw new Refusal(0, "The daemon does not answer; start it with 'dawscribe review' and load the page again.");
  }
  if (answer.ok) return answer;
  let message = `The daemon refused this (${answer.status}).`;
  try {
    message = (await answer.json()).message ?? message;
  } catch {
    // Not one of our sentences.
  }
  throw new Refusal(answer.status, message);
}

/** @param {string} path @returns {Promise<any>} */
export async function getJson(path) {
  return (await call(path)).json();
}

/** @param {string} path @param {AbortSignal} [signal] @returns {Promise<ArrayBuffer>} */
export async function getBytes(path, signal) {
  return (await call(path, { signal })).arrayBuffer();
}

/** @param {string} path @param {object} data @param {AbortSignal} [signal] @returns {Promise<any>} */
export async function post(path, data, signal) {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(data), signal };
  return (await call(path, init)).json();
}

/** Exchange the token of the address for the cookie, and take it out of the address and its history. */
export async function enter() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  const job = fragment.get("job") ?? "";
  if (token) {
    history.replaceState(null, "", job ? `/#job=${encodeURIComponent(job)}` : "/");
    await post("/session", { token });
  }
  return job;
}

/**
 * Follow what happens to a job; opens again by itself.
 * @param {string} job @param {(message: any) => void} onMessage @param {(open: boolean) => void} onState
 */
export function follow(job, onMessage, onState) {
  let wait = 500;
  const open = () => {
    const socket = new WebSocket(`ws://${location.host}/api/live/${encodeURIComponent(job)}`);
    socket.onopen = () => {
      wait = 500;
      onState(true);
    };
    socket.onmessage = (event) => onMessage(JSON.parse(event.data));
    socket.onclose = () => {
      onState(false);
      setTimeout(open, wait);
      wait = Math.min(wait * 2, 10000);
    };
  };
  open();
}
