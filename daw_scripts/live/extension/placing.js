// Where the notes of a part come to lie in its new clip: the same as in the Remote Script's placing.py.
"use strict";

const { WarpMap } = require("./warp-map");

/** @import { Live, Note } from "./types" */
/** @typedef {{pitch: number, start: number, end: number, velocity: number}} Span in beats of the new clip */
/**
 * What tells seconds of a result as content of its clip, content as beats, and what is added to a pitch then.
 * @typedef {{content: (second: number) => number, beats: (length: number) => number,
 *   shift: (second: number) => number}} Clock
 */

/** A shorter note is none. */
const MIN_BEATS = 1 / 256;

/**
 * The notes of a part in beats of the new clip, sorted, no key struck while it is down.
 * @param {Live} live
 * @param {number} bpm
 * @param {number[][]} rows [onset_s, offset_s, pitch, velocity]
 * @param {boolean} isDrums
 * @returns {Note[]}
 */
function placed(live, bpm, rows, isDrums) {
  const clock = live.warp.length ? warpedClock(live, bpm) : plainClock(live, bpm);
  return struckOnce(rows.flatMap((row) => spans(row, clock, live.passes, isDrums)))
    .filter(({ start, end }) => end - start >= MIN_BEATS)
    .map(({ pitch, start, end, velocity }) => ({ pitch, startTime: start, duration: end - start, velocity }))
    .sort((a, b) => a.startTime - b.startTime || a.pitch - b.pitch);
}

/**
 * The clock of a clip whose content is counted in seconds.
 * @param {Live} live
 * @param {number} bpm
 * @returns {Clock}
 */
function plainClock(live, bpm) {
  return {
    content: (second) => live.start_s + second,
    beats: (length) => ((length / live.rate) * bpm) / 60,
    shift: () => live.semitones,
  };
}

/**
 * The clock of a clip whose content is counted in beats.
 * @param {Live} live
 * @param {number} bpm
 * @returns {Clock}
 */
function warpedClock(live, bpm) {
  const warp = new WarpMap(live.warp);
  const octaves = (/** @type {number} */ second) => Math.log2((warp.secondsABeat(live.start_s + second) * bpm) / 60);
  return {
    content: (second) => warp.toBeat(live.start_s + second),
    beats: (length) => length,
    shift: (second) => (live.repitch ? live.semitones + 12 * octaves(second) : live.semitones),
  };
}

/**
 * A note as often as its clip plays it: a loop has several passes.
 * @param {number[]} row
 * @param {Clock} clock
 * @param {number[][]} passes [from, to, at]
 * @param {boolean} isDrums
 */
function spans([on = 0, off = 0, key = 0, velocity = 0], clock, passes, isDrums) {
  const onset = clock.content(on), offset = clock.content(off);
  const pitch = isDrums ? key : key + Math.round(clock.shift(on));
  /** @type {Span[]} */
  const found = [];
  if (pitch < 0 || pitch > 127) return found;
  for (const [first = 0, last = 0, at = 0] of passes) {
    if (onset < first - 1e-6 || onset >= last - 1e-9) continue;
    const start = at + clock.beats(Math.max(onset, first) - first);
    found.push({ pitch, start, end: at + clock.beats(Math.min(offset, last) - first), velocity });
  }
  return found;
}

/**
 * End what still sounds when its key is struck again.
 * @param {Span[]} found
 */
function struckOnce(found) {
  /** @type {Map<number, Span>} */
  const down = new Map();
  for (const span of found.sort((a, b) => a.start - b.start || a.end - b.end)) {
    const before = down.get(span.pitch);
    if (before && before.end > span.start) before.end = span.start;
    down.set(span.pitch, span);
  }
  return found;
}

module.exports = { placed };
