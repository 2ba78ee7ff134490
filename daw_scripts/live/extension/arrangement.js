// A range of the Arrangement as an item: Live renders it, and its beats are read off the render.
"use strict";

const fs = require("node:fs");
const { Sentence } = require("./sentence");
const { wavSeconds } = require("./wav");

/** @import { Handle } from "./host-api" */
/** @import { Run } from "./run" */
/** @import { Item, Place } from "./types" */

/** A render that is longer or shorter than the tempo says betrays a tempo that changes: a tenth of a percent. */
const TEMPO_TOLERANCE = 0.001;
const MEASURED_BEATS = 4;
const MAX_MEASURES = 400;

/**
 * @param {Run} run
 * @param {Handle} track
 * @param {number} start in beats, as `end`
 * @param {number} end
 * @param {string} name
 * @returns {Promise<Item>}
 */
async function renderedItem(run, track, start, end, name) {
  if (!(end > start)) throw new Sentence("Nothing is selected there; select a range of time or a clip.");
  const bpm = run.set.tempo;
  const file = await run.renders.render(track, start, end);
  const seconds = wavSeconds(file);
  if (!seconds) throw new Sentence("Live rendered nothing there; select a range with sound.");
  const changes = Math.abs(seconds / (((end - start) * 60) / bpm) - 1) > TEMPO_TOLERANCE;
  // The render lasts as long as its beats do, so it says by itself where they are: Live shows the tempo at the
  // playhead alone, which is somewhere else by the time that the notes come.
  const warp = changes ? await measured(run, track, start, end) : [[0, 0], [seconds, end - start]];
  const place = placeOf(run, track, start, end);
  return {
    name, audio: { path: file, start_s: 0, length_s: null, gain: 1 },
    live: { start_s: 0, warp, rate: 1, passes: [[0, end - start, 0]], semitones: 0, repitch: false, place },
  };
}

/**
 * Seconds at each bar line, from the lengths of renders: Live shows its tempo map to nobody.
 * @param {Run} run
 * @param {Handle} track
 * @param {number} start
 * @param {number} end
 */
async function measured(run, track, start, end) {
  const step = Math.max(MEASURED_BEATS, (end - start) / MAX_MEASURES);
  const marks = [[0, 0]];
  let seconds = 0;
  for (let beat = start; beat < end - 1e-6 && !run.cancelled; beat += step) {
    const next = Math.min(end, beat + step);
    const file = await run.renders.render(track, beat, next);
    seconds += wavSeconds(file);
    fs.rmSync(file, { force: true });
    marks.push([seconds, next - start]);
  }
  run.said.push("The tempo changes under this clip; it was measured, bar by bar.");
  return marks;
}

/**
 * @param {Run} run
 * @param {Handle} track
 * @param {number} start
 * @param {number} end
 * @returns {Place}
 */
function placeOf({ set }, track, start, end) {
  return {
    session: false, scene: null, track: set.model.trackGetName(track), track_index: set.indexOf(track),
    start_beats: start, length_beats: end - start, loop: null,
  };
}

module.exports = { renderedItem };
