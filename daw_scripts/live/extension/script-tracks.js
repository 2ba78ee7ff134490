// Where the Remote Script runs, it makes the tracks; only the song's own drums are left to put on them.
"use strict";

const { dress } = require("./instruments");
const { pause } = require("./job");
const { checkedRows, line } = require("./result");

/** @import { Handle } from "./host-api" */
/** @import { Run } from "./run" */
/** @import { Row } from "./types" */

/** The Remote Script looks for finished jobs every 2 s; Live may be loading something meanwhile. */
const SCRIPT_MS = 20_000;

/**
 * Whether the script takes the result.
 * @param {Run} run
 */
function isInserted(run) {
  return comes(run, "inserted");
}

/**
 * Put the song's own drums on the tracks that the script made for them, once it has made them all.
 * @param {Run} run
 */
async function dressDrums(run) {
  if (!(await comes(run, "whole"))) return;
  const { result, folder } = await run.ask("result");
  for (const row of checkedRows(result)) {
    if (!row.isDrums || !row.shots.length) continue;
    const track = bareTrack(run, row);
    if (track) await dress(run, track, row, folder);
  }
}

/**
 * Whether a status comes to have a field, waited for.
 * @param {Run} run
 * @param {"inserted" | "whole"} field
 */
async function comes(run, field) {
  const end = Date.now() + SCRIPT_MS;
  while (Date.now() < end) {
    if ((await run.ask("status"))[field]) return true;
    await pause();
  }
  return false;
}

/**
 * The track of a part that has no instrument yet; those of an earlier job have one.
 * @param {Run} run
 * @param {Row} row
 */
function bareTrack({ set, set: { model } }, row) {
  const name = line(`${row.name} (${row.item})`);
  const isBare = (/** @type {Handle} */ track) =>
    model.getObjectIsOfClass(track, "MidiTrack") && !model.trackGetDevices(track).length;
  return set.tracks.find((track) => isBare(track) && line(model.trackGetName(track)) === name);
}

module.exports = { dressDrums, isInserted };
