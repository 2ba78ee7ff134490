// A Session clip as an item. Live does not render it: the daemon reads its file, and the warp markers say where its
// beats are.
"use strict";

const { Sentence } = require("./sentence");
const { WarpMap } = require("./warp-map");

/** @import { DataModel, Handle } from "./host-api" */
/** @import { Run } from "./run" */
/** @import { Item, Loop } from "./types" */
/**
 * What of a clip plays, in beats, or in seconds where it is not warped.
 * @typedef {{looping: boolean, start: number, loopStart: number, low: number, high: number}} Extent
 */

const SHORTEST_S = 0.1;
/** Live's number of the mode in which the pitch follows the warp. */
const REPITCH = 3;
/** Nobody plays at 0.6 BPM: the markers are in frames, not in seconds. */
const FRAMES_A_BEAT = 100;
const UNKNOWN_UNIT = "Live gives the warp markers of this clip in a unit that dawscribe does not know; " +
  "drag the clip into the Arrangement.";
const AS_IT_IS = "Gain and transposition of a Session clip are not shown to extensions: the file was heard as it is.";

/**
 * @param {Run} run
 * @param {Handle} clip
 * @param {Handle} track
 * @param {Handle} slot
 * @param {string} name
 * @returns {Item}
 */
function sessionItem({ set, said }, clip, track, slot, name) {
  const { model } = set, bpm = set.tempo, isWarped = model.audioclipGetWarping(clip);
  const extent = extentOf(model, clip), { low, high } = extent;
  const warp = isWarped ? warpOf(model, clip) : null;
  const first = Math.max(0, warp ? warp.toSecond(low) : low), last = warp ? warp.toSecond(high) : high;
  if (last - first < SHORTEST_S) throw new Sentence("This clip is too short to transcribe.");
  const scene = model.trackGetClipSlots(track).findIndex((s) => s.id === slot.id);
  said.push(AS_IT_IS);
  return {
    name, audio: { path: model.audioclipGetFilePath(clip), start_s: first, length_s: last - first, gain: 1 },
    live: {
      start_s: first, warp: warp ? warp.markers : [], rate: 1, passes: [[low, high, 0]], semitones: 0,
      repitch: isWarped && Number(model.audioclipGetWarpMode(clip)) === REPITCH,
      place: {
        session: true, scene, track: model.trackGetName(track), track_index: set.indexOf(track), start_beats: 0,
        length_beats: 0, loop: loopOf(extent, warp ? 1 : 60 / bpm),
      },
    },
  };
}

/**
 * @param {DataModel} model
 * @param {Handle} clip
 * @returns {Extent}
 */
function extentOf(model, clip) {
  const start = model.clipGetStartMarker(clip);
  if (!isLooping(model, clip, start)) {
    return { looping: false, start, loopStart: start, low: start, high: model.clipGetEndMarker(clip) };
  }
  const loopStart = model.clipGetLoopStart(clip);
  return { looping: true, start, loopStart, low: Math.min(start, loopStart), high: model.clipGetLoopEnd(clip) };
}

/**
 * Whether a clip comes back: one that starts behind its loop plays on.
 * @param {DataModel} model
 * @param {Handle} clip
 * @param {number} start
 */
function isLooping(model, clip, start) {
  if (!model.clipGetLooping(clip)) return false;
  return model.clipGetLoopStart(clip) < model.clipGetLoopEnd(clip) && start < model.clipGetLoopEnd(clip);
}

/**
 * @param {DataModel} model
 * @param {Handle} clip
 */
function warpOf(model, clip) {
  const warp = new WarpMap(model.audioclipGetWarpMarkers(clip).map((w) => [w.sampleTime, w.beatTime]));
  if (warp.secondsABeat(0) > FRAMES_A_BEAT) throw new Sentence(UNKNOWN_UNIT);
  return warp;
}

/**
 * @param {Extent} extent
 * @param {number} unit of the extent, in beats: 1, or a beat in seconds
 * @returns {Loop}
 */
function loopOf({ looping, start, loopStart, low, high }, unit) {
  return { looping, start: (start - low) / unit, loop_start: (loopStart - low) / unit, end: (high - low) / unit };
}

module.exports = { sessionItem };
