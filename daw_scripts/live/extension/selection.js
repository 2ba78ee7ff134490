// What the musician clicked, as items of a request.
"use strict";

const { renderedItem } = require("./arrangement");
const { Sentence } = require("./sentence");
const { sessionItem } = require("./session");

/** @import { Handle } from "./host-api" */
/** @import { Run } from "./run" */
/** @import { Item } from "./types" */

/**
 * @param {Run} run
 * @param {unknown} argument what Live hands to a command of the context menu
 * @returns {Promise<Item[]>}
 */
async function selectedItems(run, argument) {
  const given = /** @type {any} */ (argument);
  if (given && Array.isArray(given.selected_lanes)) return rangeItems(run, given);
  if (given && Array.isArray(given.selected_clip_slots)) return slotItems(run, given.selected_clip_slots);
  return [await clipItem(run, /** @type {Handle} */ (given))];
}

/**
 * A range of time on each of the audio tracks.
 * @param {Run} run
 * @param {{selected_lanes: Handle[], time_selection_start: number, time_selection_end: number}} range
 */
async function rangeItems(run, range) {
  const { model } = run.set, { time_selection_start: start, time_selection_end: end } = range;
  const items = [];
  for (const track of range.selected_lanes.filter((lane) => model.getObjectIsOfClass(lane, "AudioTrack"))) {
    items.push(await renderedItem(run, track, start, end, model.trackGetName(track)));
  }
  if (!items.length) throw new Sentence("Select a range on an audio track.");
  return items;
}

/**
 * The audio clips of several slots; one that cannot be heard stops no other.
 * @param {Run} run
 * @param {Handle[]} slots
 */
async function slotItems(run, slots) {
  const clips = audioClips(run, slots);
  const items = [];
  for (const clip of clips) {
    try {
      items.push(await clipItem(run, clip));
    } catch (reason) {
      if (!(reason instanceof Sentence) || clips.length === 1) throw reason;
      run.said.push(`${run.set.model.clipGetName(clip) || "A clip"} was left out: ${reason.message}`);
    }
  }
  if (!items.length) throw new Sentence(run.said.at(-1) ?? "Select slots with audio clips.");
  run.said = [...new Set(run.said)];
  return items;
}

/**
 * @param {Run} run
 * @param {Handle[]} slots
 */
function audioClips({ set: { model } }, slots) {
  const clips = slots.flatMap((slot) => model.clipslotGetClip(slot) ?? []);
  return clips.filter((clip) => model.getObjectIsOfClass(clip, "AudioClip"));
}

/**
 * @param {Run} run
 * @param {Handle} clip
 */
async function clipItem(run, clip) {
  const { model } = run.set;
  const { track, slot } = run.set.trackOf(clip);
  const name = model.clipGetName(clip) || model.trackGetName(track) || "clip";
  if (slot) return sessionItem(run, clip, track, slot, name);
  return renderedItem(run, track, model.clipGetStartTime(clip), model.clipGetEndTime(clip), name);
}

module.exports = { selectedItems };
