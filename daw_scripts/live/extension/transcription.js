// One transcription under Live's progress dialog, from the click to the tracks.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { Progress, say } = require("./dialogs");
const { insert } = require("./inserting");
const { follow, submit } = require("./job");
const { Relay } = require("./relay");
const { Run } = require("./run");
const { dressDrums, isInserted } = require("./script-tracks");
const { selectedItems } = require("./selection");
const { Sentence } = require("./sentence");

/** @import { ExtensionHost } from "./host-api" */
/** @import { Show } from "./types" */

const IN_THREE_STEPS = "Making the tracks: Undo takes them back in three steps, and more for their instruments";

/**
 * Transcribe what was clicked; every end of it is a sentence or nothing.
 * @param {ExtensionHost} host
 * @param {unknown} argument
 * @param {object} options
 */
async function transcribe(host, argument, options) {
  /** @type {Progress | null} */
  let progress = null;
  /** @type {Relay | null} */
  let relay = null;
  try {
    relay = new Relay(relayCommand());
    const run = new Run(host, relay, options);
    const shown = new Progress(host.ui, () => (run.cancelled = true));
    progress = shown;
    await carryOut(run, argument, (text, share) => shown.show(text, share));
    await progress.close();
    if (run.said.length && !run.cancelled) await say(host.ui, run.said.join(" "));
  } catch (reason) {
    await progress?.close();
    await say(host.ui, sentenceOf(reason));
  } finally {
    relay?.close();
  }
}

/** The command that starts the relay, as the set-up noted it beside the extension. */
function relayCommand() {
  const record = JSON.parse(fs.readFileSync(path.join(__dirname, "installed.json"), "utf8"));
  return Array.isArray(record.relay) ? record.relay.map(String) : [];
}

/** @param {unknown} reason */
function sentenceOf(reason) {
  if (reason instanceof Sentence) return reason.message;
  console.error("dawscribe:", reason);
  return "dawscribe could not transcribe this clip; Live's log has the details.";
}

/**
 * Transcribe and insert; what was rendered goes, but for a job that may still want it.
 * @param {Run} run
 * @param {unknown} argument
 * @param {Show} show
 */
async function carryOut(run, argument, show) {
  try {
    await takeSteps(run, argument, show);
  } finally {
    if (!run.isUnderWay) run.renders.remove();
  }
}

/**
 * @param {Run} run
 * @param {unknown} argument
 * @param {Show} show
 */
async function takeSteps(run, argument, show) {
  const items = await selectedItems(run, argument);
  if (run.cancelled) return;
  show("Starting dawscribe");
  const script = await submit(run, items);
  run.isUnderWay = true;
  const status = await follow(run, show);
  run.isUnderWay = false;
  if (status.state === "cancelled" || run.cancelled) return;
  if (status.state !== "done") throw new Sentence(String(status.message || "The transcription failed."));
  show("Making the tracks", 100);
  if (script && (await isInserted(run))) return dressDrums(run);
  show(IN_THREE_STEPS, 100);
  await insert(run);
}

module.exports = { transcribe };
