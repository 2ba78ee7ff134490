// The tracks of a result where no Remote Script runs: tracks, clips and notes are an undo step each, since each needs
// what the one before made.
"use strict";

const { dress } = require("./instruments");
const { placed } = require("./placing");
const { remark, remarkLoops } = require("./remarks");
const { checkedRows } = require("./result");
const { Sentence } = require("./sentence");

/** @import { Handle } from "./host-api" */
/** @import { LiveSet } from "./live-set" */
/** @import { Run } from "./run" */
/** @import { Place, Row } from "./types" */

/** @type {Record<string, number>} */
const COLOURS = {
  drums: 0xd66b53, bass: 0x4d85bd, vocals: 0xdea544, guitar: 0x669e5c, piano: 0x9470b3, other: 0x60a0a0,
};
const PLAIN = 0x60a0a0;

/** @param {Run} run */
async function insert(run) {
  const { result, folder } = await run.ask("result");
  const rows = checkedRows(result);
  if (!rows.length) throw new Sentence("No notes were heard, so there are no new tracks.");
  const bpm = run.set.tempo;
  await run.ask("mark", { revision: result.revision ?? 1 });
  const tracks = await insertTracks(run, rows, bpm);
  remark(run, result, rows, folder);
  for (const [i, row] of rows.entries()) await dress(run, /** @type {Handle} */ (tracks[i]), row, folder);
}

/**
 * Make all tracks with their notes, or none.
 * @param {Run} run
 * @param {Row[]} rows
 * @param {number} bpm
 */
async function insertTracks(run, rows, bpm) {
  const { set, set: { model } } = run;
  /** @type {Handle[]} */
  let tracks = [];
  try {
    tracks = await set.together(rows.map(() => (done, failed) => model.songCreateMidiTrack(set.song, done, failed)));
    set.sort(tracks);
    const made = await insertClips(set, rows, tracks);
    model.withinTransaction(() => made.forEach((target) => fill(set, target, bpm)));
    remarkLoops(run, rows);
    return tracks;
  } catch (reason) {
    await set.remove(tracks);
    await run.ask("mark", { revision: 0 });
    throw reason;
  }
}

/**
 * A clip on each track.
 * @param {LiveSet} set
 * @param {Row[]} rows
 * @param {Handle[]} tracks
 */
async function insertClips(set, rows, tracks) {
  const targets = rows.map((row, i) => ({ row, track: /** @type {Handle} */ (tracks[i]) }));
  const clips = await set.together(
    targets.map(({ row, track }) => (done, failed) => insertClip(set, track, row.live.place, done, failed)),
  );
  return targets.map((target, i) => ({ ...target, clip: /** @type {Handle} */ (clips[i]) }));
}

/**
 * @param {LiveSet} set
 * @param {Handle} track
 * @param {Place} place
 * @param {(clip: Handle) => void} done
 * @param {() => void} failed
 */
function insertClip({ model }, track, place, done, failed) {
  const { loop, start_beats: start, length_beats: length } = place;
  if (!place.session || !loop) return model.trackCreateMidiClip(track, start, length, done, failed);
  const slots = model.trackGetClipSlots(track);
  const slot = slots[place.scene ?? 0] ?? slots[0];
  return slot ? model.clipslotCreateMidiClip(slot, loop.end, done, failed) : failed();
}

/**
 * Notes, names and colour of one part.
 * @param {LiveSet} set
 * @param {{row: Row, track: Handle, clip: Handle}} target
 * @param {number} bpm
 */
function fill({ model }, { row, track, clip }, bpm) {
  model.midiclipSetNotes(clip, placed(row.live, bpm, row.notes, row.isDrums));
  model.clipSetName(clip, `${row.item} ${row.name}`);
  model.clipSetColor(clip, COLOURS[row.role] ?? PLAIN);
  if (row.live.place.loop?.looping) model.clipSetLooping(clip, true);
  model.trackSetName(track, `${row.name} (${row.item})`);
}

module.exports = { insert };
