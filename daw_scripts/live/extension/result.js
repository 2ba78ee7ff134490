// A result, checked: it comes from a file that anybody may have written.
"use strict";

const path = require("node:path");
const { Sentence } = require("./sentence");

/** @import { Row, Shot } from "./types" */

const PROTOCOL = 1;
/** Characters of a name. */
const MAX_NAME = 200;

/**
 * The parts of a result.
 * @param {any} result
 * @returns {Row[]}
 */
function checkedRows(result) {
  if (result?.protocol !== PROTOCOL || !Array.isArray(result.items)) throw damaged();
  return result.items.flatMap(rowsOf);
}

function damaged() {
  return new Sentence("The result is damaged; transcribe the clip again.");
}

/** @param {any} item */
function rowsOf(item) {
  if (!Array.isArray(item?.parts) || !isLive(item.live)) throw damaged();
  return item.parts.map((/** @type {any} */ part) => rowOf(item, part));
}

/**
 * @param {any} item
 * @param {any} part
 * @returns {Row}
 */
function rowOf(item, part) {
  if (!Array.isArray(part?.notes) || !part.notes.every(isNote)) throw damaged();
  const isDrums = part.is_drums === true;
  return {
    item: line(item.name), name: line(part.name), role: line(part.role), isDrums,
    isBent: list(part.bends).some((bend) => Array.isArray(bend) && bend[1]),
    notes: part.notes, instruments: list(part.instruments).filter((name) => typeof name === "string"),
    shots: isDrums ? onePerPitch(list(item.one_shots).filter(isShot)) : [], live: item.live,
  };
}

/**
 * @param {any} value
 * @returns {any[]}
 */
function list(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {any} note */
function isNote(note) {
  if (!Array.isArray(note) || !note.slice(0, 4).every(Number.isFinite)) return false;
  const [onset, offset, pitch, velocity] = note;
  return onset >= 0 && offset > onset && isMidi(pitch) && velocity >= 1 && velocity <= 127;
}

/** @param {number} value */
function isMidi(value) {
  return value >= 0 && value <= 127;
}

/** @param {any} shot */
function isShot(shot) {
  return Number.isInteger(shot?.pitch) && isMidi(shot.pitch) && isInside(shot.path);
}

/**
 * A pad of a Drum Rack has one key and one sample: of several the loudest.
 * @param {Shot[]} shots
 */
function onePerPitch(shots) {
  const sorted = [...shots].sort((a, b) => a.pitch - b.pitch || (b.loudest ?? 127) - (a.loudest ?? 127));
  return sorted.filter((shot, i) => shot.pitch !== sorted[i - 1]?.pitch);
}

/** @param {any} live */
function isLive(live) {
  if (!isTable(live?.warp, 2) || !isTable(live.passes, 3)) return false;
  return [live.start_s, live.rate, live.semitones].every(Number.isFinite) && live.rate > 0 && isPlace(live.place);
}

/** @param {any} place */
function isPlace(place) {
  if (!place || ![place.start_beats, place.length_beats].every(Number.isFinite)) return false;
  return !place.session || Number.isFinite(place.loop?.end);
}

/**
 * Whether all rows are numbers, and enough of them.
 * @param {any} rows
 * @param {number} width
 */
function isTable(rows, width) {
  return Array.isArray(rows) && rows.every((r) => Array.isArray(r) && r.length >= width && r.every(Number.isFinite));
}

/**
 * Whether a path stays below the job's folder.
 * @param {any} file
 */
function isInside(file) {
  if (typeof file !== "string" || file === "" || path.isAbsolute(file) || /^[a-z]:/i.test(file)) return false;
  return !file.split(/[\\/]/).includes("..");
}

/**
 * A text of somebody else's as one line.
 * @param {any} text
 * @param {number} [longest]
 */
function line(text, longest = MAX_NAME) {
  return String(text ?? "").replace(/[\u0000-\u001f\u007f]+/g, " ").trim().slice(0, longest) || "part";
}

module.exports = { PROTOCOL, checkedRows, isInside, line };
