// Live's calls: what answers later as a promise, and what stands where in the Set.
"use strict";

const { Sentence } = require("./sentence");

/** @import { DataModel, Handle } from "./host-api" */

const REFUSED = "Live refused to make a track or a clip.";

/** The Set that is open in Live. */
class LiveSet {
  /** @param {DataModel} model */
  constructor(model) {
    this.model = model;
  }

  get song() {
    return this.model.rootGetSong(this.model.getRoot());
  }

  /** The tempo at the playhead, in BPM: Live shows no other. */
  get tempo() {
    return this.model.songGetTempo(this.song);
  }

  get tracks() {
    return this.model.songGetTracks(this.song);
  }

  /**
   * The track of a clip, and its slot where it is one of the Session.
   * @param {Handle} clip
   */
  trackOf(clip) {
    let parent = this.model.getObjectCanonicalParent(clip);
    const slot = parent && this.model.getObjectIsOfClass(parent, "ClipSlot") ? parent : null;
    if (slot) parent = this.model.getObjectCanonicalParent(slot);
    if (!parent) throw new Sentence("The clip is gone; select it again.");
    return { track: parent, slot };
  }

  /** @param {Handle} track */
  indexOf(track) {
    return this.tracks.findIndex((t) => t.id === track.id);
  }

  /**
   * Sort tracks as they stand in the Set.
   * @param {Handle[]} tracks
   */
  sort(tracks) {
    const order = this.tracks.map((t) => t.id);
    tracks.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  }

  /**
   * One of Live's calls that answer later, started inside a transaction as Live wants it.
   * @param {(done: (value: any) => void, failed: (reason?: string) => void) => void} call
   * @returns {Promise<any>}
   */
  later(call) {
    return new Promise((resolve, reject) => {
      const failed = (/** @type {string | undefined} */ reason) =>
        reject(new Sentence(reason ? `Live refused a change (${reason}).` : "Live refused a change."));
      this.model.withinTransaction(() => call(resolve, failed));
    });
  }

  /**
   * Several of Live's calls, started in one transaction and so one undo step.
   * @param {((done: (value: any) => void, failed: () => void) => void)[]} calls
   * @returns {Promise<any[]>}
   */
  async together(calls) {
    /** @type {Promise<any>[]} */
    const made = [];
    this.model.withinTransaction(() => {
      for (const call of calls) {
        made.push(new Promise((resolve, reject) => call(resolve, () => reject(new Sentence(REFUSED)))));
      }
    });
    const ends = await Promise.allSettled(made);
    const failed = ends.find((e) => e.status === "rejected");
    const values = ends.flatMap((e) => (e.status === "fulfilled" ? [e.value] : []));
    if (!failed) return values;
    await this.remove(values.filter((value) => this.model.getObjectIsOfClass(value, "MidiTrack")));
    throw failed.reason;
  }

  /**
   * Delete tracks; one that Live keeps stays.
   * @param {Handle[]} tracks
   */
  async remove(tracks) {
    const { model } = this;
    for (const track of tracks) {
      await this.later((done, no) => model.songDeleteTrack(this.song, track, () => done(null), no)).catch(() => {});
    }
  }
}

module.exports = { LiveSet };
