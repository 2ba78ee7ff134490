// dawscribe in Ableton Live: right-click an audio clip, and get it back as MIDI tracks.
//
// One file without a build step and without the SDK's code: it calls the host that Live hands over. Live shuts the
// files of an extension into folders of its own, so everything that dawscribe must know goes through a program that
// this one starts ("dawscribe relay", lines of JSON). Where dawscribe's Remote Script runs in the same Live, it inserts
// the tracks (in one undo step, with colours); else this file does, in three steps and one for each instrument.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { randomBytes } = require("node:crypto");

/** @typedef {import("./host-api").Handle} Handle */
/** @typedef {import("./host-api").ExtensionHost} Host */
/** @typedef {{pitch: number, startTime: number, duration: number, velocity: number}} Note */
/**
 * How an item's seconds become beats: the same as in the Remote Script's placing.py.
 * @typedef {{start_s: number, warp: number[][], rate: number, passes: number[][], semitones: number,
 *   repitch: boolean, place: Place}} Live
 * @typedef {{session: boolean, scene: number | null, track: string, track_index: number, start_beats: number,
 *   length_beats: number,
 *   loop: {looping: boolean, start: number, loop_start: number, end: number} | null}} Place
 * @typedef {{name: string, audio: {path: string, start_s: number, length_s: number | null, gain: number}, live: Live}}
 *   Item
 */

const PROTOCOL = 1;
const POLL_MS = 400;
/** A started daemon needs some seconds, a busy machine ten times that. */
const ANSWER_MS = 45_000;
/** The Remote Script looks for finished jobs every 2 s; Live may be loading something meanwhile. */
const SCRIPT_MS = 20_000;
const REPITCH = 3;
/** Characters of a sentence from a result: more fits no dialog. */
const MAX_SENTENCE = 500;
const MIN_BEATS = 1 / 256;
/** A render that is longer or shorter than the tempo says betrays a tempo that changes: a tenth of a percent. */
const TEMPO_TOLERANCE = 0.001;
const MEASURED_BEATS = 4;
const MAX_MEASURES = 400;
const FRAMES_A_BEAT = 100;
/** A render that is older belongs to no job any more: Live or the machine ended under it. */
const LEFT_BEHIND_MS = 86_400_000;
/** @type {Record<string, number>} */
const COLOURS = {
  drums: 0xd66b53, bass: 0x4d85bd, vocals: 0xdea544, guitar: 0x669e5c, piano: 0x9470b3, other: 0x60a0a0,
};
const ROLES = ["drums", "bass", "vocals", "guitar", "piano", "other"];
const GRIDS = ["1/4", "1/8", "1/8T", "1/16", "1/16T", "1/32"];
const STOCK = ["Drift"];
/** @type {Record<string, string>} */
const STAGES = {
  start: "Starting", read: "Reading the audio", separate: "Separating", transcribe: "Listening",
  score: "Writing the notes",
};

/** An error whose text is for the musician. */
class Sentence extends Error {}

/** The program that reaches dawscribe's home, asked by lines of JSON. */
class Relay {
  /** @param {string[]} command */
  constructor(command) {
    this.number = 0;
    /** @type {Map<number, (answer: any) => void>} */
    this.waiting = new Map();
    const [program, ...words] = command;
    if (program === undefined) throw new Sentence('dawscribe is not set up; run "dawscribe setup live" once.');
    this.child = spawn(program, words, { stdio: ["pipe", "pipe", "ignore"], windowsHide: true });
    this.child.on("error", () => this.end());
    this.child.on("exit", () => this.end());
    this.child.stdin.on("error", () => this.end());
    let rest = "";
    this.child.stdout.setEncoding("utf8");
    this.child.stdout.on("data", (/** @type {string} */ text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.take(line);
    });
  }

  /** @param {string} line */
  take(line) {
    try {
      const answer = JSON.parse(line);
      this.waiting.get(answer.n)?.(answer);
      this.waiting.delete(answer.n);
    } catch {
      this.end();
    }
  }

  end() {
    const gone = { ok: false, error: 'dawscribe cannot be reached; run "dawscribe setup live" and restart Live.' };
    for (const answer of this.waiting.values()) answer(gone);
    this.waiting.clear();
    this.over = true;
  }

  /**
   * @param {string} what
   * @param {object} [more]
   * @returns {Promise<any>}
   */
  ask(what, more = {}) {
    const n = ++this.number;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.take(JSON.stringify({ n, ok: false, error: "dawscribe does not answer." })), ANSWER_MS);
      this.waiting.set(n, (answer) => {
        clearTimeout(timer);
        if (answer.ok === true) resolve(answer);
        else reject(new Sentence(String(answer.error)));
      });
      if (this.over) this.end();
      else this.child.stdin.write(`${JSON.stringify({ ...more, n, do: what })}\n`);
    });
  }

  close() {
    this.child.stdin.end();
  }
}

/** Straight lines between warp markers, going on beyond the first and the last. */
class WarpMap {
  /** @param {number[][]} markers pairs of (second, beat) */
  constructor(markers) {
    /** @type {[number, number][]} */
    this.markers = [];
    for (const [second = 0, beat = 0] of [...markers].sort((a, b) => (a[1] ?? 0) - (b[1] ?? 0))) {
      const last = this.markers.at(-1);
      if (!last || (second > last[0] && beat > last[1])) this.markers.push([second, beat]);
    }
    if (this.markers.length < 2) throw new Sentence("This clip is not analysed yet; play it once and try again.");
  }

  /**
   * @param {0 | 1} from which of a marker's two numbers `value` is
   * @param {number} value
   */
  line(from, value) {
    let at = this.markers.findLastIndex((m) => m[from] <= value);
    at = Math.min(Math.max(at, 0), this.markers.length - 2);
    return /** @type {[[number, number], [number, number]]} */ ([this.markers[at], this.markers[at + 1]]);
  }

  /** @param {number} second */
  toBeat(second) {
    const [[s0, b0], [s1, b1]] = this.line(0, second);
    return b0 + ((second - s0) * (b1 - b0)) / (s1 - s0);
  }

  /** @param {number} beat */
  toSecond(beat) {
    const [[s0, b0], [s1, b1]] = this.line(1, beat);
    return s0 + ((beat - b0) * (s1 - s0)) / (b1 - b0);
  }

  /** @param {number} second */
  secondsABeat(second) {
    const [[s0, b0], [s1, b1]] = this.line(0, second);
    return (s1 - s0) / (b1 - b0);
  }
}

/**
 * The notes of a part in beats of the new clip, sorted, no key struck while it is down.
 * @param {Live} live
 * @param {number} bpm
 * @param {number[][]} rows [onset_s, offset_s, pitch, velocity]
 * @param {boolean} isDrums
 * @returns {Note[]}
 */
function placed(live, bpm, rows, isDrums) {
  const warp = live.warp.length ? new WarpMap(live.warp) : null;
  const content = (/** @type {number} */ s) => (warp ? warp.toBeat(live.start_s + s) : live.start_s + s);
  const beats = (/** @type {number} */ length) => (warp ? length : ((length / live.rate) * bpm) / 60);
  const shift = (/** @type {number} */ s) =>
    warp && live.repitch ? live.semitones + 12 * Math.log2((warp.secondsABeat(live.start_s + s) * bpm) / 60) : live.semitones;
  /** @type {Map<number, {start: number, end: number, velocity: number}[]>} */
  const byPitch = new Map();
  const found = [];
  for (const [on = 0, off = 0, key = 0, velocity = 0] of rows) {
    const onset = content(on), offset = content(off);
    const pitch = isDrums ? key : key + Math.round(shift(on));
    if (pitch < 0 || pitch > 127) continue;
    for (const [first = 0, last = 0, at = 0] of live.passes) {
      if (onset < first - 1e-6 || onset >= last - 1e-9) continue;
      const start = at + beats(Math.max(onset, first) - first);
      found.push({ pitch, start, end: at + beats(Math.min(offset, last) - first), velocity });
    }
  }
  for (const { pitch, start, end, velocity } of found.sort((a, b) => a.start - b.start || a.end - b.end)) {
    const spans = byPitch.get(pitch) ?? [];
    byPitch.set(pitch, spans);
    const last = spans.at(-1);
    if (last && last.end > start) last.end = start;
    spans.push({ start, end, velocity });
  }
  const notes = [];
  for (const [pitch, spans] of byPitch) {
    for (const { start, end, velocity } of spans) {
      if (end - start >= MIN_BEATS) notes.push({ pitch, startTime: start, duration: end - start, velocity });
    }
  }
  return notes.sort((a, b) => a.startTime - b.startTime || a.pitch - b.pitch);
}

/** Length of a WAV in seconds, from its head: the size of its sound over the bytes a second. */
function wavSeconds(/** @type {string} */ file) {
  const handle = fs.openSync(file, "r");
  try {
    const head = Buffer.alloc(12);
    fs.readSync(handle, head, 0, 12, 0);
    let place = 12, bytesASecond = 0;
    while (fs.readSync(handle, head, 0, 8, place) === 8) {
      const name = head.toString("latin1", 0, 4), size = head.readUInt32LE(4);
      if (name === "fmt ") {
        fs.readSync(handle, head, 0, 4, place + 16);
        bytesASecond = head.readUInt32LE(0);
      } else if (name === "data") {
        return bytesASecond ? size / bytesASecond : 0;
      }
      place += 8 + size + (size % 2);
    }
    return 0;
  } finally {
    fs.closeSync(handle);
  }
}

/** One transcription, from the click to the tracks. */
class Transcription {
  /**
   * @param {Host} host
   * @param {Relay} relay
   * @param {object} options
   */
  constructor(host, relay, options) {
    this.host = host;
    this.model = host.dataModel;
    this.relay = relay;
    this.options = options;
    this.id = `live-${Math.floor(Date.now() / 1000)}-${randomBytes(4).toString("hex")}`;
    /** @type {string[]} */
    this.said = [];
    this.cancelled = false;
    /** @type {string[]} */
    this.renders = [];
    this.isUnderWay = false;
    this.sweep();
  }

  /** Folder of the renders; Live may name none. */
  get folder() {
    return path.join(this.host.environment.storageDirectory ?? this.host.environment.tempDirectory ?? "", "audio");
  }

  /** Remove what a Live that was ended left behind. */
  sweep() {
    try {
      for (const name of fs.readdirSync(this.folder)) {
        const file = path.join(this.folder, name);
        if (/^live-.*\.wav$/.test(name) && Date.now() - fs.statSync(file).mtimeMs > LEFT_BEHIND_MS) fs.rmSync(file, { force: true });
      }
    } catch {
      // There is no such folder yet.
    }
  }

  get song() {
    return this.model.rootGetSong(this.model.getRoot());
  }

  /**
   * One of Live's calls that answer later, started inside a transaction as Live wants it.
   * @param {(onResult: (value: any) => void, onError: (reason?: string) => void) => void} call
   * @param {string} [what]
   * @returns {Promise<any>}
   */
  later(call, what = "Live refused a change") {
    return new Promise((resolve, reject) => {
      const failed = (/** @type {string | undefined} */ reason) => reject(new Sentence(reason ? `${what} (${reason}).` : `${what}.`));
      this.model.withinTransaction(() => call(resolve, failed));
    });
  }

  /** @param {Handle} clip */
  trackOf(clip) {
    let parent = this.model.getObjectCanonicalParent(clip);
    const slot = parent && this.model.getObjectIsOfClass(parent, "ClipSlot") ? parent : null;
    if (slot) parent = this.model.getObjectCanonicalParent(slot);
    if (!parent) throw new Sentence("The clip is gone; select it again.");
    return { track: parent, slot };
  }

  /** @param {Handle} track */
  indexOf(track) {
    return this.model.songGetTracks(this.song).findIndex((t) => t.id === track.id);
  }

  /** @param {Handle} clip */
  async itemOfClip(clip) {
    const { track, slot } = this.trackOf(clip);
    const name = this.model.clipGetName(clip) || this.model.trackGetName(track) || "clip";
    if (slot) return this.sessionItem(clip, track, slot, name);
    return this.rendered(track, this.model.clipGetStartTime(clip), this.model.clipGetEndTime(clip), name);
  }

  /**
   * @param {Handle} track
   * @param {number} start
   * @param {number} end
   * @param {string} name
   * @returns {Promise<Item>}
   */
  async rendered(track, start, end, name) {
    if (!(end > start)) throw new Sentence("Nothing is selected there; select a range of time or a clip.");
    const bpm = this.model.songGetTempo(this.song);
    const file = await this.render(track, start, end);
    const seconds = wavSeconds(file);
    if (!seconds) throw new Sentence("Live rendered nothing there; select a range with sound.");
    // The render lasts as long as its beats do, so it says by itself where they are: Live shows the tempo at the
    // playhead alone, which is somewhere else by the time that the notes come.
    const live = { start_s: 0, warp: [[0, 0], [seconds, end - start]], rate: 1, passes: [[0, end - start, 0]], semitones: 0, repitch: false };
    if (Math.abs(seconds / (((end - start) * 60) / bpm) - 1) > TEMPO_TOLERANCE) {
      live.warp = await this.measure(track, start, end);
      this.said.push("The tempo changes under this clip; it was measured, bar by bar.");
    }
    const place = {
      session: false, scene: null, track: this.model.trackGetName(track), track_index: this.indexOf(track),
      start_beats: start, length_beats: end - start, loop: null,
    };
    return { name, audio: { path: file, start_s: 0, length_s: null, gain: 1 }, live: { ...live, place } };
  }

  /**
   * Render what sounds and keep it: Live writes the next render of the same second over it.
   * @param {Handle} track
   * @param {number} start
   * @param {number} end
   */
  async render(track, start, end) {
    const made = await new Promise((resolve, reject) => {
      const failed = () => reject(new Sentence("Live cannot render this track: only audio tracks with clips of their own."));
      this.host.resources.renderPreFxAudio(track, { startTime: start, endTime: end }, resolve, failed);
    });
    fs.mkdirSync(this.folder, { recursive: true });
    const kept = path.join(this.folder, `${this.id}-${randomBytes(3).toString("hex")}.wav`);
    fs.renameSync(String(made).replace(/^\\\\\?\\/, ""), kept);
    this.renders.push(kept);
    return kept;
  }

  /**
   * Seconds at each bar line, from the lengths of renders: Live shows its tempo map to nobody.
   * @param {Handle} track
   * @param {number} start
   * @param {number} end
   */
  async measure(track, start, end) {
    const step = Math.max(MEASURED_BEATS, (end - start) / MAX_MEASURES);
    const marks = [[0, 0]];
    let seconds = 0;
    for (let beat = start; beat < end - 1e-6 && !this.cancelled; beat += step) {
      const next = Math.min(end, beat + step);
      const file = await this.render(track, beat, next);
      seconds += wavSeconds(file);
      fs.rmSync(file, { force: true });
      marks.push([seconds, next - start]);
    }
    return marks;
  }

  /**
   * A Session clip is not rendered by Live: the daemon reads its file, and the warp markers say where its beats are.
   * @param {Handle} clip
   * @param {Handle} track
   * @param {Handle} slot
   * @param {string} name
   * @returns {Item}
   */
  sessionItem(clip, track, slot, name) {
    const m = this.model, bpm = m.songGetTempo(this.song), warped = m.audioclipGetWarping(clip);
    const start = m.clipGetStartMarker(clip);
    // A start marker behind the loop: the clip plays on and never comes back to it.
    const looping = m.clipGetLooping(clip) && m.clipGetLoopStart(clip) < m.clipGetLoopEnd(clip) && start < m.clipGetLoopEnd(clip);
    const loopStart = looping ? m.clipGetLoopStart(clip) : start;
    const low = Math.min(start, loopStart), high = looping ? m.clipGetLoopEnd(clip) : m.clipGetEndMarker(clip);
    let markers = m.audioclipGetWarpMarkers(clip).map((w) => [w.sampleTime, w.beatTime]);
    const warp = warped ? new WarpMap(markers) : null;
    if (warp && warp.secondsABeat(0) > FRAMES_A_BEAT) throw new Sentence("Live gives the warp markers of this clip in a unit that dawscribe does not know; drag the clip into the Arrangement.");
    const first = Math.max(0, warp ? warp.toSecond(low) : low), last = warp ? warp.toSecond(high) : high;
    if (last - first < 0.1) throw new Sentence("This clip is too short to transcribe.");
    const unit = warp ? 1 : 60 / bpm;
    const scene = m.trackGetClipSlots(track).findIndex((s) => s.id === slot.id);
    this.said.push("Gain and transposition of a Session clip are not shown to extensions: the file was heard as it is.");
    return {
      name, audio: { path: m.audioclipGetFilePath(clip), start_s: first, length_s: last - first, gain: 1 },
      live: {
        start_s: first, warp: warp ? warp.markers : [], rate: 1, passes: [[low, high, 0]], semitones: 0,
        repitch: warped && Number(m.audioclipGetWarpMode(clip)) === REPITCH,
        place: {
          session: true, scene, track: m.trackGetName(track), track_index: this.indexOf(track), start_beats: 0,
          length_beats: 0,
          loop: { looping, start: (start - low) / unit, loop_start: (loopStart - low) / unit, end: (high - low) / unit },
        },
      },
    };
  }

  /**
   * @param {unknown} argument what Live hands to a command of the context menu
   * @returns {Promise<Item[]>}
   */
  async items(argument) {
    const given = /** @type {any} */ (argument);
    if (given && Array.isArray(given.selected_lanes)) {
      const tracks = given.selected_lanes.filter((/** @type {Handle} */ h) => this.model.getObjectIsOfClass(h, "AudioTrack"));
      const items = [];
      for (const track of tracks) {
        items.push(await this.rendered(track, given.time_selection_start, given.time_selection_end, this.model.trackGetName(track)));
      }
      if (!items.length) throw new Sentence("Select a range on an audio track.");
      return items;
    }
    if (given && Array.isArray(given.selected_clip_slots)) return this.slotItems(given.selected_clip_slots);
    return [await this.itemOfClip(/** @type {Handle} */ (given))];
  }

  /**
   * The audio clips of several slots; one that cannot be heard stops no other.
   * @param {Handle[]} slots
   */
  async slotItems(slots) {
    const clips = slots.map((slot) => this.model.clipslotGetClip(slot)).filter((clip) => clip && this.model.getObjectIsOfClass(clip, "AudioClip"));
    const items = [];
    for (const clip of clips) {
      try {
        items.push(await this.itemOfClip(/** @type {Handle} */ (clip)));
      } catch (reason) {
        if (!(reason instanceof Sentence) || clips.length === 1) throw reason;
        this.said.push(`${this.model.clipGetName(/** @type {Handle} */ (clip)) || "A clip"} was left out: ${reason.message}`);
      }
    }
    if (!items.length) throw new Sentence(this.said.at(-1) ?? "Select slots with audio clips.");
    this.said = [...new Set(this.said)];
    return items;
  }

  /**
   * Transcribe and insert; what was rendered goes, but for a job that may still want it.
   * @param {unknown} argument
   * @param {(text: string, share?: number) => void} show
   */
  async run(argument, show) {
    try {
      await this.transcribe(argument, show);
    } finally {
      for (const file of this.isUnderWay ? [] : this.renders) fs.rmSync(file, { force: true });
    }
  }

  /**
   * @param {unknown} argument
   * @param {(text: string, share?: number) => void} show
   */
  async transcribe(argument, show) {
    const items = await this.items(argument);
    if (this.cancelled) return;
    show("Starting dawscribe");
    await this.relay.ask("start");
    const { script, protocol } = await this.relay.ask("hello");
    if (protocol !== PROTOCOL) throw new Sentence('dawscribe and this extension do not fit together; run "dawscribe setup live" and restart Live.');
    const request = { protocol: PROTOCOL, id: this.id, host: "live", items, options: this.options };
    // The script inserts, in one step and with colours; the drums' own sounds are what only an extension can load.
    await this.relay.ask("submit", { request: script ? { ...request, inserter: script, insertion: { kit: "extension" } } : request });
    this.isUnderWay = true;
    const status = await this.follow(show);
    this.isUnderWay = false;
    if (status.state === "cancelled" || this.cancelled) return;
    if (status.state !== "done") throw new Sentence(String(status.message || "The transcription failed."));
    show("Making the tracks", 100);
    if (script && (await this.insertedByScript())) return this.dressDrums();
    show("Making the tracks: Undo takes them back in three steps, and more for their instruments", 100);
    await this.insert();
  }

  /** @param {(text: string, share?: number) => void} show */
  async follow(show) {
    for (;;) {
      if (this.cancelled) {
        await this.relay.ask("cancel", { id: this.id });
        return { state: "cancelled" };
      }
      const { status } = await this.relay.ask("status", { id: this.id });
      if (status && ["done", "failed", "cancelled"].includes(status.state)) return status;
      if (status) show(STAGES[status.stage] ?? "In line", Math.round(100 * (Number(status.fraction) || 0)));
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async insertedByScript() {
    const end = Date.now() + SCRIPT_MS;
    while (Date.now() < end) {
      if ((await this.relay.ask("status", { id: this.id })).inserted) return true;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return false;
  }

  /** Put the song's own drums on the tracks that the script made for them, once it has made them all. */
  async dressDrums() {
    const end = Date.now() + SCRIPT_MS;
    while (!(await this.relay.ask("status", { id: this.id })).whole) {
      if (Date.now() > end) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const { result, folder } = await this.relay.ask("result", { id: this.id });
    for (const row of checked(result)) {
      if (!row.isDrums || !row.shots.length) continue;
      const bare = (/** @type {Handle} */ t) => this.model.getObjectIsOfClass(t, "MidiTrack") && !this.model.trackGetDevices(t).length;
      const track = this.model.songGetTracks(this.song).find((t) => bare(t) && line(this.model.trackGetName(t)) === line(`${row.name} (${row.item})`));
      if (track) await this.dress(track, row, folder);
    }
  }

  /** Make the tracks, their clips, their notes: an undo step each, since each needs what the one before made. */
  async insert() {
    const { result, folder } = await this.relay.ask("result", { id: this.id });
    const rows = checked(result);
    if (!rows.length) throw new Sentence("No notes were heard, so there are no new tracks.");
    const bpm = this.model.songGetTempo(this.song);
    /** @type {Handle[]} */
    let tracks = [];
    await this.relay.ask("mark", { id: this.id, revision: result.revision ?? 1 });
    try {
      tracks = await this.together(rows.map(() => (done, failed) => this.model.songCreateMidiTrack(this.song, done, failed)));
      const order = this.model.songGetTracks(this.song).map((t) => t.id);
      tracks.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
      const clips = await this.together(rows.map((row, i) => (done, failed) => this.makeClip(/** @type {Handle} */ (tracks[i]), row.live.place, done, failed)));
      const inner = new Set();
      this.model.withinTransaction(() => {
        rows.forEach((row, i) => {
          const clip = /** @type {Handle} */ (clips[i]);
          this.model.midiclipSetNotes(clip, placed(row.live, bpm, row.notes, row.isDrums));
          this.model.clipSetName(clip, `${row.item} ${row.name}`);
          this.model.clipSetColor(clip, COLOURS[row.role] ?? 0x60a0a0);
          const { loop } = row.live.place;
          if (loop?.looping) this.model.clipSetLooping(clip, true);
          if (loop && (loop.start > 0 || loop.loop_start > 0)) inner.add(row.item);
          this.model.trackSetName(/** @type {Handle} */ (tracks[i]), `${row.name} (${row.item})`);
        });
      });
      for (const item of inner) this.said.push(`The new clips of "${item}" begin and loop as a whole: no extension can set markers; set them as those of the clip.`);
    } catch (reason) {
      for (const track of tracks) await this.later((done, failed) => this.model.songDeleteTrack(this.song, track, () => done(null), failed)).catch(() => {});
      await this.relay.ask("mark", { id: this.id, revision: 0 });
      throw reason;
    }
    this.remark(result, rows, folder);
    for (const [i, row] of rows.entries()) await this.dress(/** @type {Handle} */ (tracks[i]), row, folder);
  }

  /**
   * Note what the user should know of a result: its warnings, and what no extension can put into Live.
   * @param {any} result
   * @param {Row[]} rows
   * @param {string} folder
   */
  remark(result, rows, folder) {
    const bent = [...new Set(rows.filter((row) => row.isBent).map((row) => row.name))];
    const midi = result.items.map((/** @type {any} */ item) => item.midi).find(isInside);
    if (bent.length && midi) this.said.push(`Live takes no pitch bends from an extension: drag ${path.join(folder, midi)} into the Set to have those of ${bent.join(", ")}.`);
    for (const from of [...result.items, result]) {
      for (const text of Array.isArray(from.warnings) ? from.warnings : []) {
        if (typeof text === "string") this.said.push(line(text, MAX_SENTENCE));
      }
    }
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
        made.push(new Promise((resolve, reject) => call(resolve, () => reject(new Sentence("Live refused to make a track or a clip.")))));
      }
    });
    const ends = await Promise.allSettled(made);
    const failed = ends.find((e) => e.status === "rejected");
    if (failed && failed.status === "rejected") {
      for (const e of ends) {
        if (e.status === "fulfilled" && this.model.getObjectIsOfClass(e.value, "MidiTrack")) {
          await this.later((done, no) => this.model.songDeleteTrack(this.song, e.value, () => done(null), no)).catch(() => {});
        }
      }
      throw failed.reason;
    }
    return ends.map((e) => /** @type {PromiseFulfilledResult<any>} */ (e).value);
  }

  /**
   * @param {Handle} track
   * @param {Place} place
   * @param {(clip: Handle) => void} done
   * @param {() => void} failed
   */
  makeClip(track, place, done, failed) {
    if (!place.session || !place.loop) return this.model.trackCreateMidiClip(track, place.start_beats, place.length_beats, done, failed);
    const slots = this.model.trackGetClipSlots(track);
    const slot = slots[place.scene ?? 0] ?? slots[0];
    return slot ? this.model.clipslotCreateMidiClip(slot, place.loop.end, done, failed) : failed();
  }

  /**
   * An instrument on a track: the song's own drums in a rack of their own, else the first device that Live has.
   * @param {Handle} track
   * @param {Row} row
   * @param {string} folder
   */
  async dress(track, row, folder) {
    const name = this.model.trackGetName(track);
    try {
      if (!row.isDrums) await this.device(track, [...row.instruments, ...STOCK]);
      else if (row.shots.length) await this.kit(track, row.shots, folder);
      else this.said.push(`"${row.name}" is silent until you put a Drum Rack on its track.`);
    } catch {
      this.said.push(`No instrument could be put on "${row.name}".`);
    }
    this.model.withinTransaction(() => this.model.trackSetName(track, name));
  }

  /**
   * @param {Handle} track
   * @param {string[]} names
   */
  async device(track, names) {
    for (const name of names) {
      const made = await this.later((done, failed) => this.model.trackInsertDevice(track, name, 0n, done, failed)).catch(() => null);
      if (made) return;
    }
    throw new Sentence("no device");
  }

  /**
   * @param {Handle} track
   * @param {{pitch: number, path: string}[]} shots
   * @param {string} folder
   */
  async kit(track, shots, folder) {
    const rack = await this.later((done, failed) => this.model.trackInsertDevice(track, "Drum Rack", 0n, done, failed));
    let missing = 0;
    for (const [i, shot] of shots.entries()) {
      const file = await new Promise((resolve) => this.host.resources.importIntoProject(path.join(folder, shot.path), resolve, () => resolve(null)));
      if (!file) {
        missing++;
        continue;
      }
      const chain = await this.later((done, failed) => this.model.rackdeviceInsertChain(rack, BigInt(i - missing), done, failed));
      this.model.withinTransaction(() => this.model.drumchainSetReceivingNote(chain, BigInt(shot.pitch)));
      const simpler = await this.later((done, failed) => this.model.chainInsertDevice(chain, "Simpler", 0n, done, failed));
      await this.later((done, failed) => this.model.simplerReplaceSample(simpler, file, done, failed));
    }
    if (missing) this.said.push(`${missing} of ${shots.length} drum sounds could not be loaded.`);
  }
}

/**
 * @typedef {{item: string, name: string, role: string, isDrums: boolean, notes: number[][], instruments: string[],
 *   shots: {pitch: number, path: string}[], isBent: boolean, live: Live}} Row
 */

/**
 * The parts of a result, checked: it comes from a file that anybody may have written.
 * @param {any} result
 * @returns {Row[]}
 */
function checked(result) {
  const wrong = new Sentence("The result is damaged; transcribe the clip again.");
  if (result?.protocol !== PROTOCOL || !Array.isArray(result.items)) throw wrong;
  /** @type {Row[]} */
  const rows = [];
  for (const item of result.items) {
    if (!Array.isArray(item?.parts) || !isLive(item.live)) throw wrong;
    for (const part of item.parts) {
      const good = (/** @type {any} */ n) =>
        Array.isArray(n) && n.slice(0, 4).every(Number.isFinite) && n[0] >= 0 && n[1] > n[0] && n[2] >= 0 && n[2] <= 127 && n[3] >= 1 && n[3] <= 127;
      if (!Array.isArray(part?.notes) || !part.notes.every(good)) throw wrong;
      const texts = Array.isArray(part.instruments) ? part.instruments.filter((/** @type {any} */ n) => typeof n === "string") : [];
      const shots = (Array.isArray(item.one_shots) ? item.one_shots : []).filter(
        (/** @type {any} */ s) => Number.isInteger(s?.pitch) && s.pitch >= 0 && s.pitch <= 127 && isInside(s.path));
      rows.push({
        item: line(item.name), name: line(part.name), role: line(part.role), isDrums: part.is_drums === true,
        isBent: Array.isArray(part.bends) && part.bends.some((/** @type {any} */ b) => Array.isArray(b) && b[1]),
        notes: part.notes, instruments: texts, shots: part.is_drums === true ? onePerPitch(shots) : [], live: item.live,
      });
    }
  }
  return rows;
}

/**
 * A pad of a Drum Rack has one key and one sample: of several the loudest.
 * @param {{pitch: number, path: string, loudest?: number}[]} shots
 */
function onePerPitch(shots) {
  const sorted = [...shots].sort((a, b) => a.pitch - b.pitch || (b.loudest ?? 127) - (a.loudest ?? 127));
  return sorted.filter((shot, i) => shot.pitch !== sorted[i - 1]?.pitch);
}

/** @param {any} live */
function isLive(live) {
  const rows = (/** @type {any} */ r, /** @type {number} */ n) => Array.isArray(r) && r.every((row) => Array.isArray(row) && row.length >= n && row.every(Number.isFinite));
  const place = live?.place;
  return rows(live?.warp, 2) && rows(live.passes, 3) && [live.start_s, live.rate, live.semitones].every(Number.isFinite) && live.rate > 0 &&
    place && [place.start_beats, place.length_beats].every(Number.isFinite) && (!place.session || Number.isFinite(place.loop?.end));
}

/** Whether a path stays below the job's folder. @param {any} file */
function isInside(file) {
  return typeof file === "string" && file !== "" && !path.isAbsolute(file) && !/^[a-z]:/i.test(file) && !file.split(/[\\/]/).includes("..");
}

/**
 * @param {any} text
 * @param {number} [longest]
 */
function line(text, longest = 200) {
  return String(text ?? "").replace(/[\u0000-\u001f\u007f]+/g, " ").trim().slice(0, longest) || "part";
}

/**
 * What the user chose in the dialog, kept to what the protocol knows.
 * @param {string} text
 * @returns {object | null} null: closed without a choice
 */
function chosen(text) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    return null;
  }
  if (!given || typeof given !== "object" || given.go !== true) return null;
  const stems = Array.isArray(given.stems) ? ROLES.filter((role) => given.stems.includes(role)) : [];
  return {
    ...(stems.length && stems.length < ROLES.length ? { stems } : {}),
    ...(GRIDS.includes(given.quantise) ? { quantise: given.quantise } : {}),
  };
}

/** The page of the options: plain HTML with its script inside, as a data: URL. */
function optionsPage() {
  const boxes = ROLES.map((role) => `<label><input type="checkbox" value="${role}" checked> ${role}</label>`).join("");
  const grids = ["", ...GRIDS].map((g) => `<option value="${g}">${g || "as played"}</option>`).join("");
  const page = `<!doctype html><meta charset="utf-8"><style>body{font:13px system-ui;margin:16px;background:#2b2b2b;color:#ddd}
label{display:block;margin:4px 0}button,select{margin-top:10px;font:inherit}</style><form><b>Parts</b>${boxes}
<label>Notes on the grid <select>${grids}</select></label><button>Transcribe</button></form><script>
document.forms[0].onsubmit=(e)=>{e.preventDefault();const all=[...document.querySelectorAll("input:checked")].map((b)=>b.value);
const m={method:"close_and_send",params:[JSON.stringify({go:true,stems:all,quantise:document.querySelector("select").value})]};
(window.webkit?window.webkit.messageHandlers.live:window.chrome.webview).postMessage(m)}</script>`;
  return `data:text/html;charset=utf-8,${encodeURIComponent(page)}`;
}

/**
 * Run one transcription under Live's progress dialog; every end of it is a sentence or nothing.
 * @param {Host} host
 * @param {unknown} argument
 * @param {object} options
 */
async function transcribe(host, argument, options) {
  /** @type {import("./host-api").Dialog | null} */
  let dialog = null;
  /** @type {Relay | null} */
  let relay = null;
  let isOver = false;
  const end = async () => {
    isOver = true;
    await close(dialog);
  };
  try {
    const record = JSON.parse(fs.readFileSync(path.join(__dirname, "installed.json"), "utf8"));
    relay = new Relay(Array.isArray(record.relay) ? record.relay.map(String) : []);
    const work = new Transcription(host, relay, options);
    host.ui.showProgressDialog({ text: "dawscribe", progress: 0 }, (shown) => {
      dialog = shown;
      // What is refused at once is over before Live has opened its dialog, which nobody would close.
      if (isOver) void close(shown);
    }, () => (work.cancelled = true));
    const show = (/** @type {string} */ text, /** @type {number | undefined} */ progress) => dialog?.update(progress === undefined ? { text } : { text, progress });
    await work.run(argument, show);
    await end();
    if (work.said.length && !work.cancelled) await say(host, work.said.join(" "));
  } catch (reason) {
    await end();
    const text = reason instanceof Sentence ? reason.message : "dawscribe could not transcribe this clip; Live's log has the details.";
    if (!(reason instanceof Sentence)) console.error("dawscribe:", reason);
    await say(host, text);
  } finally {
    relay?.close();
  }
}

/** @param {import("./host-api").Dialog | null} dialog */
function close(dialog) {
  return new Promise((resolve) => (dialog ? dialog.close(() => resolve(null)) : resolve(null)));
}

/**
 * Show a sentence: Live has no other window for it than a dialog with a page.
 * @param {Host} host
 * @param {string} text
 */
function say(host, text) {
  const safe = text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const page = `<!doctype html><meta charset="utf-8"><body style="font:13px system-ui;margin:16px;background:#2b2b2b;color:#ddd">${safe}</body>`;
  return new Promise((resolve) => host.ui.showModalDialog(`data:text/html;charset=utf-8,${encodeURIComponent(page)}`, 420, 140, resolve, () => resolve("")));
}

/**
 * Live's entry: put the two actions into the menus.
 * @param {import("./host-api").Activation} activation
 */
function activate(activation) {
  const host = activation.initializeExtensionHost({ apiVersion: "1.0.0" });
  let busy = false;
  const guarded = (/** @type {(argument: unknown) => Promise<void>} */ work) => (/** @type {unknown} */ argument) => {
    // The callback must return at once, and an error that nobody catches would end every extension of this Live.
    if (busy) return void say(host, "A transcription is under way already; wait for it or cancel it.").catch(() => {});
    busy = true;
    work(argument).catch((reason) => console.error("dawscribe:", reason)).finally(() => (busy = false));
  };
  host.commands.registerCommand("dawscribe.transcribe", guarded((argument) => transcribe(host, argument, {})));
  host.commands.registerCommand("dawscribe.options", guarded(async (argument) => {
    const answer = await new Promise((resolve) => host.ui.showModalDialog(optionsPage(), 320, 340, resolve, () => resolve("")));
    const options = chosen(String(answer));
    if (options) await transcribe(host, argument, options);
  }));
  for (const scope of ["AudioClip", "AudioTrack.ArrangementSelection"]) {
    host.ui.registerContextMenuAction(scope, "Transcribe with dawscribe", "dawscribe.transcribe", () => {});
    host.ui.registerContextMenuAction(scope, "Transcribe with dawscribe, with options...", "dawscribe.options", () => {});
  }
  host.ui.registerContextMenuAction("ClipSlotSelection", "Transcribe the selected clips with dawscribe", "dawscribe.transcribe", () => {});
}

module.exports = { activate, placed, wavSeconds, checked, chosen, WarpMap };
