// An instrument on a new track.
"use strict";

const path = require("node:path");
const { Sentence } = require("./sentence");

/** @import { Handle } from "./host-api" */
/** @import { Run } from "./run" */
/** @import { Row, Shot } from "./types" */

/** In every Live that runs extensions. */
const STOCK = ["Drift"];

/**
 * Put the song's own drums on a track, in a rack of their own, or else the first device that Live has.
 * @param {Run} run
 * @param {Handle} track
 * @param {Row} row
 * @param {string} folder of the job
 */
async function dress(run, track, row, folder) {
  const { model } = run.set;
  const name = model.trackGetName(track);
  try {
    if (!row.isDrums) await insertFirst(run, track, [...row.instruments, ...STOCK]);
    else if (row.shots.length) await insertKit(run, track, row.shots, folder);
    else run.said.push(`"${row.name}" is silent until you put a Drum Rack on its track.`);
  } catch {
    run.said.push(`No instrument could be put on "${row.name}".`);
  }
  // A device gives its track its own name.
  model.withinTransaction(() => model.trackSetName(track, name));
}

/**
 * @param {Run} run
 * @param {Handle} track
 * @param {string[]} names
 */
async function insertFirst(run, track, names) {
  for (const name of names) {
    if (await device(run, track, name).catch(() => null)) return;
  }
  throw new Sentence("no device");
}

/**
 * @param {Run} run
 * @param {Handle} track
 * @param {string} name
 */
function device({ set }, track, name) {
  return set.later((done, failed) => set.model.trackInsertDevice(track, name, 0n, done, failed));
}

/**
 * @param {Run} run
 * @param {Handle} track
 * @param {Shot[]} shots
 * @param {string} folder
 */
async function insertKit(run, track, shots, folder) {
  const rack = await device(run, track, "Drum Rack");
  let pads = 0;
  for (const shot of shots) {
    const file = await imported(run, path.join(folder, shot.path));
    if (file) await insertPad(run, rack, pads++, shot.pitch, file);
  }
  const missing = shots.length - pads;
  if (missing) run.said.push(`${missing} of ${shots.length} drum sounds could not be loaded.`);
}

/**
 * A sound as a file of Live's project, null where Live cannot have it.
 * @param {Run} run
 * @param {string} file
 * @returns {Promise<string | null>}
 */
function imported({ resources }, file) {
  return new Promise((resolve) => resources.importIntoProject(file, resolve, () => resolve(null)));
}

/**
 * @param {Run} run
 * @param {Handle} rack
 * @param {number} index
 * @param {number} pitch
 * @param {string} file
 */
async function insertPad({ set, set: { model } }, rack, index, pitch, file) {
  const chain = await set.later((done, failed) => model.rackdeviceInsertChain(rack, BigInt(index), done, failed));
  model.withinTransaction(() => model.drumchainSetReceivingNote(chain, BigInt(pitch)));
  const simpler = await set.later((done, failed) => model.chainInsertDevice(chain, "Simpler", 0n, done, failed));
  await set.later((done, failed) => model.simplerReplaceSample(simpler, file, done, failed));
}

module.exports = { dress };
