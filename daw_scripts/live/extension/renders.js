// The sound that Live renders for one transcription, and the folder where it is kept.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { randomBytes } = require("node:crypto");
const { Sentence } = require("./sentence");

/** @import { ExtensionHost, Handle } from "./host-api" */

/** A render that is older belongs to no job any more: Live or the machine ended under it. */
const LEFT_BEHIND_MS = 86_400_000;
const REFUSED = "Live cannot render this track: only audio tracks with clips of their own.";

/** Renders, named after their job. */
class Renders {
  /**
   * @param {ExtensionHost} host
   * @param {string} id of the job
   */
  constructor(host, id) {
    const { storageDirectory, tempDirectory } = host.environment;
    this.resources = host.resources;
    this.id = id;
    // Live may name neither.
    this.folder = path.join(storageDirectory ?? tempDirectory ?? "", "audio");
    /** @type {string[]} */
    this.files = [];
    this.sweep();
  }

  /** Remove what a Live that was ended left behind. */
  sweep() {
    try {
      for (const name of fs.readdirSync(this.folder)) {
        const file = path.join(this.folder, name);
        const isOld = () => Date.now() - fs.statSync(file).mtimeMs > LEFT_BEHIND_MS;
        if (/^live-.*\.wav$/.test(name) && isOld()) fs.rmSync(file, { force: true });
      }
    } catch {
      // There is no such folder yet.
    }
  }

  /**
   * Render what sounds and keep it: Live writes the next render of the same second over it.
   * @param {Handle} track
   * @param {number} start
   * @param {number} end
   */
  async render(track, start, end) {
    const made = await new Promise((resolve, reject) => {
      const failed = () => reject(new Sentence(REFUSED));
      this.resources.renderPreFxAudio(track, { startTime: start, endTime: end }, resolve, failed);
    });
    fs.mkdirSync(this.folder, { recursive: true });
    const kept = path.join(this.folder, `${this.id}-${randomBytes(3).toString("hex")}.wav`);
    fs.renameSync(String(made).replace(/^\\\\\?\\/, ""), kept);
    this.files.push(kept);
    return kept;
  }

  remove() {
    for (const file of this.files) fs.rmSync(file, { force: true });
  }
}

module.exports = { Renders };
