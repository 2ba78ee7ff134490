// A job of the daemon: sent, followed to its end.
"use strict";

const { PROTOCOL } = require("./result");
const { Sentence } = require("./sentence");

/** @import { Run } from "./run" */
/** @import { Item, Show } from "./types" */

const POLL_MS = 400;
const ENDS = ["done", "failed", "cancelled"];
/** @type {Record<string, string>} */
const STAGES = {
  start: "Starting", read: "Reading the audio", separate: "Separating", transcribe: "Listening",
  score: "Writing the notes",
};
const MISFIT = 'dawscribe and this extension do not fit together; run "dawscribe setup live" and restart Live.';

/**
 * Send the items to a daemon that runs or is started.
 * @param {Run} run
 * @param {Item[]} items
 * @returns {Promise<string | null>} the Remote Script that will insert the result, where one runs
 */
async function submit({ relay, id, options }, items) {
  await relay.ask("start");
  const { script, protocol } = await relay.ask("hello");
  if (protocol !== PROTOCOL) throw new Sentence(MISFIT);
  const request = { protocol: PROTOCOL, id, host: "live", items, options };
  // The script inserts, in one step and with colours; the drums' own sounds are what only an extension can load.
  const inserted = { ...request, inserter: script, insertion: { kit: "extension" } };
  await relay.ask("submit", { request: script ? inserted : request });
  return script;
}

/**
 * Wait for the end of the job; cancel it where the musician does.
 * @param {Run} run
 * @param {Show} show
 */
async function follow(run, show) {
  for (;;) {
    if (run.cancelled) {
      await run.ask("cancel");
      return { state: "cancelled" };
    }
    const { status } = await run.ask("status");
    if (status && ENDS.includes(status.state)) return status;
    if (status) show(STAGES[status.stage] ?? "In line", Math.round(100 * (Number(status.fraction) || 0)));
    await pause();
  }
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

module.exports = { follow, pause, submit };
