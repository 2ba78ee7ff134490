// The host that Live hands to an extension, as far as facts.md knows it, strict on purpose: a change outside a
// transaction throws, answers come a tick later, a dead or wrong handle is an "Invalid object reference", indices are
// bigints. Each transaction that changed something is an undo step.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const PATIENCE_MS = 120_000;

class FakeHost {
  constructor(scenario, folders) {
    this.scenario = scenario;
    this.folders = folders;
    this.objects = new Map();
    this.next = 1n;
    this.depth = 0;
    this.changed = false;
    this.undoSteps = 0;
    this.renders = 0;
    this.asked = 0;
    this.dialogs = [];
    this.progress = [];
    this.closed = 0;
    this.commands = new Map();
    this.menus = [];
    this.devices = ["Drift", "Operator", "Simpler", "Drum Rack"];
    this.song = this.make("Song", { tracks: [] });
    for (const track of scenario.tracks) this.addTrack(track);
  }

  make(kind, fields) {
    const handle = { id: this.next++ };
    this.objects.set(handle.id, { kind, handle, ...fields });
    return handle;
  }

  addTrack({ name, audio = true, clips = [], slots = [], devices = [] }) {
    const track = this.make(audio ? "AudioTrack" : "MidiTrack", { name, clips: [], slots: [], devices: [] });
    for (const device of devices) this.get(track).devices.push(this.make("Device", { name: device, parent: track }));
    for (const clip of clips) this.get(track).clips.push(this.make("AudioClip", { parent: track, ...clip }));
    for (let i = 0; i < 4; i++) {
      const slot = this.make("ClipSlot", { parent: track, clip: null });
      this.get(track).slots.push(slot);
      if (slots[i]) this.get(slot).clip = this.make("AudioClip", { parent: slot, ...slots[i] });
    }
    this.get(this.song).tracks.push(track);
    return track;
  }

  get(handle, ...kinds) {
    const found = handle && this.objects.get(handle.id);
    if (!found || (kinds.length && !kinds.includes(found.kind))) throw new Error("Invalid object reference");
    return found;
  }

  change(fn) {
    if (this.depth === 0) throw new Error("a change outside withinTransaction");
    this.changed = true;
    return fn();
  }

  later(onResult, onError, fn) {
    this.change(() => {});
    setImmediate(() => {
      let value;
      try {
        if (this.scenario.refuse && this.scenario.refuse === fn.name) throw new Error("refused");
        value = fn();
      } catch {
        return onError();
      }
      onResult(value);
    });
  }

  seconds(beat) {
    let total = 0;
    const points = this.scenario.tempo;
    points.forEach(([start, bpm], i) => {
      const end = i + 1 < points.length ? points[i + 1][0] : Infinity;
      if (beat > start) total += ((Math.min(beat, end) - start) * 60) / bpm;
    });
    return total;
  }

  dataModel() {
    const h = this;
    const get = (kinds, name) => (handle) => h.get(handle, ...kinds)[name];
    const clip = ["AudioClip", "MidiClip"], track = ["AudioTrack", "MidiTrack"];
    const bigint = (v) => {
      if (typeof v !== "bigint") throw new TypeError("a bigint is wanted");
      return v;
    };
    return {
      withinTransaction(fn) {
        h.depth++;
        try {
          return fn();
        } finally {
          h.depth--;
          if (h.depth === 0 && h.changed) {
            h.undoSteps++;
            h.changed = false;
          }
        }
      },
      getObjectIsOfClass: (handle, name) => h.get(handle).kind === name,
      getObjectCanonicalParent: (handle) => h.get(handle).parent ?? null,
      getRoot: () => h.song,
      rootGetSong: () => h.song,
      // The tempo at the playhead, which goes on while a job runs.
      songGetTempo: () => (h.asked++ && h.scenario.later) || h.scenario.tempo[0][1],
      songGetTracks: (song) => [...h.get(song, "Song").tracks],
      // A new track goes below the first one, so that several come out in reverse.
      songCreateMidiTrack: (song, done, failed) => h.later(done, failed, function createTrack() {
        const made = h.make("MidiTrack", { name: "MIDI", clips: [], slots: [], devices: [] });
        for (let i = 0; i < 4; i++) h.get(made).slots.push(h.make("ClipSlot", { parent: made, clip: null }));
        h.get(song).tracks.splice(1, 0, made);
        return made;
      }),
      songDeleteTrack: (song, gone, done, failed) => h.later(done, failed, function deleteTrack() {
        h.get(gone, ...track);
        h.get(song).tracks = h.get(song).tracks.filter((t) => t.id !== gone.id);
        h.objects.delete(gone.id);
      }),
      trackGetName: get(track, "name"),
      trackSetName: (t, value) => h.change(() => (h.get(t, ...track).name = value)),
      trackGetClipSlots: get(track, "slots"),
      trackGetDevices: get(track, "devices"),
      trackGetArrangementClips: get(track, "clips"),
      trackCreateMidiClip: (t, start, length, done, failed) => h.later(done, failed, function createClip() {
        if (!(start >= 0 && length > 0)) throw new Error("range");
        const made = h.make("MidiClip", { parent: t, start, end: start + length, notes: [], name: "" });
        h.get(t, "MidiTrack").clips.push(made);
        return made;
      }),
      trackInsertDevice: (t, name, index, done, failed) => h.later(done, failed, function insertDevice() {
        bigint(index);
        if (!h.devices.includes(name)) throw new Error("no");
        const made = h.make(name === "Drum Rack" ? "DrumRackDevice" : "Device", { name, chains: [], parent: t });
        h.get(t, ...track).devices.push(made);
        return made;
      }),
      clipslotGetClip: get(["ClipSlot"], "clip"),
      clipslotCreateMidiClip: (slot, length, done, failed) => h.later(done, failed, function createClip() {
        const found = h.get(slot, "ClipSlot");
        if (found.clip) throw new Error("full");
        found.clip = h.make("MidiClip", { parent: slot, start: 0, end: length, notes: [], name: "", length });
        return found.clip;
      }),
      clipGetName: get(clip, "name"),
      clipSetName: (c, value) => h.change(() => (h.get(c, ...clip).name = value)),
      clipSetColor: (c, value) => h.change(() => (h.get(c, ...clip).color = value)),
      clipGetStartTime: get(clip, "start"),
      clipGetEndTime: get(clip, "end"),
      clipGetStartMarker: get(clip, "startMarker"),
      clipGetEndMarker: get(clip, "endMarker"),
      clipGetLooping: get(clip, "looping"),
      clipGetLoopStart: get(clip, "loopStart"),
      clipGetLoopEnd: get(clip, "loopEnd"),
      clipSetLooping: (c, value) => h.change(() => (h.get(c, ...clip).looping = value)),
      midiclipSetNotes: (c, notes) => h.change(() => (h.get(c, "MidiClip").notes = notes)),
      audioclipGetFilePath: get(["AudioClip"], "path"),
      audioclipGetWarping: get(["AudioClip"], "warping"),
      audioclipGetWarpMode: get(["AudioClip"], "warpMode"),
      audioclipGetWarpMarkers: get(["AudioClip"], "warpMarkers"),
      rackdeviceInsertChain: (rack, index, done, failed) => h.later(done, failed, function insertChain() {
        const found = h.get(rack, "DrumRackDevice");
        h.get(found.parent).name = "1-Drum Rack";
        const made = h.make("DrumChain", { devices: [] });
        found.chains.splice(Number(bigint(index)), 0, made);
        return made;
      }),
      drumchainSetReceivingNote: (chain, value) => h.change(() => (h.get(chain, "DrumChain").note = Number(bigint(value)))),
      chainInsertDevice: (chain, name, index, done, failed) => h.later(done, failed, function insertDevice() {
        bigint(index);
        const made = h.make("Simpler", { name });
        h.get(chain, "DrumChain").devices.push(made);
        return made;
      }),
      simplerReplaceSample: (simpler, file, done, failed) => h.later(done, failed, function replaceSample() {
        h.get(simpler, "Simpler").sample = file;
        return h.make("Sample", { file });
      }),
    };
  }

  resources() {
    return {
      renderPreFxAudio: (lane, { startTime, endTime }, done, failed) => setImmediate(() => {
        if (this.get(lane).kind !== "AudioTrack") return failed();
        this.renders++;
        const frames = Math.round((this.seconds(endTime) - this.seconds(startTime)) * 48_000);
        // The same name for all renders of a second, as Live has it.
        const folder = path.join(this.folders.temp, "AudioRender-1");
        fs.mkdirSync(folder, { recursive: true });
        const file = path.join(folder, "take [2026].wav");
        const from = this.seconds(startTime) - this.seconds(this.scenario.origin ?? 0);
        fs.writeFileSync(file, this.scenario.sound ? cut(path.join(this.folders.storage, this.scenario.sound), from, frames / 48_000) : wav(frames));
        done(file);
      }),
      importIntoProject: (file, done, failed) => setImmediate(() => (file.includes("missing") ? failed("no such file") : done(`/project/${path.basename(file)}`))),
    };
  }

  ui() {
    return {
      registerContextMenuAction: (scope, title, command, done) => {
        this.menus.push({ scope, title, command });
        done((after) => after());
      },
      showModalDialog: (url, width, height, done) => {
        this.dialogs.push(decodeURIComponent(url));
        setImmediate(() => done(this.scenario.answer ?? ""));
      },
      showProgressDialog: (options, onShow, onCancelled) => {
        this.progress.push(options.text);
        // A window takes its time to open.
        setTimeout(() => onShow({
          update: (more, done) => {
            this.progress.push(more.text);
            done?.();
          },
          close: (done) => {
            this.closed++;
            done?.();
          },
        }), this.scenario.opens ?? 0);
        if (!this.scenario.cancels) return;
        const timer = setInterval(() => {
          if (!fs.existsSync(path.join(this.folders.storage, "cancel-now"))) return;
          clearInterval(timer);
          onCancelled();
        }, 50);
      },
    };
  }

  activation() {
    return {
      hostApiVersion: "1.0.0",
      initializeExtensionHost: ({ apiVersion }) => {
        if (apiVersion !== "1.0.0") throw new Error("unknown API version");
        return {
          commands: { registerCommand: (id, callback) => this.commands.set(id, callback) },
          dataModel: this.dataModel(), ui: this.ui(), resources: this.resources(),
          environment: { storageDirectory: this.folders.storage, tempDirectory: this.folders.temp, language: "EN" },
        };
      },
    };
  }

  argument() {
    const [kind, number] = this.scenario.select;
    const track = this.get(this.song).tracks[number ?? 0];
    if (kind === "clip") return this.get(track).clips[0];
    if (kind === "gone") return { id: 9999n };
    if (kind === "slots") return { selected_clip_slots: [...this.get(track).slots] };
    if (kind === "slot") return this.get(this.get(track).slots[this.scenario.scene ?? 0]).clip;
    const [start, end] = this.scenario.range;
    return { time_selection_start: start, time_selection_end: end, selected_lanes: [...this.get(this.song).tracks] };
  }

  outcome() {
    const clipOf = (c) => {
      const { name, start, end, notes, color, looping } = this.get(c);
      return { name, start, end, notes, color, looping };
    };
    const deviceOf = (d) => {
      const { name, chains = [] } = this.get(d);
      return { name, chains: chains.map((c) => ({ note: this.get(c).note, sample: this.get(this.get(c).devices[0]).sample })) };
    };
    return {
      tracks: this.get(this.song).tracks.map((t) => {
        const { kind, name, clips, slots, devices } = this.get(t);
        return {
          kind, name, devices: devices.map(deviceOf), clips: kind === "MidiTrack" ? clips.map(clipOf) : [],
          slots: kind === "MidiTrack" ? slots.map((s) => (this.get(s).clip ? clipOf(this.get(s).clip) : null)) : [],
        };
      }),
      undoSteps: this.undoSteps, dialogs: this.dialogs, progress: this.progress, closed: this.closed, menus: this.menus,
      renders: this.renders,
    };
  }
}

/** 24 bit, stereo, 48 kHz, with a chunk before the sound, as a render may have. */
function wav(frames) {
  const size = frames * 6, head = Buffer.alloc(44 + 12);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(48 + size, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(48_000, 24);
  head.writeUInt32LE(288_000, 28);
  head.writeUInt16LE(6, 32);
  head.writeUInt16LE(24, 34);
  head.write("JUNK", 36, "latin1");
  head.writeUInt32LE(4, 40);
  head.write("data", 48, "latin1");
  head.writeUInt32LE(size, 52);
  const sound = Buffer.alloc(size);
  for (let i = 0; i < frames; i++) sound.writeIntLE(Math.round(1e6 * Math.sin(i / 20)), i * 6, 3);
  return Buffer.concat([head, sound]);
}

/** A piece of a plain WAV, as a WAV. */
function cut(file, fromSeconds, seconds) {
  const whole = fs.readFileSync(file), rate = whole.readUInt32LE(24), frame = whole.readUInt16LE(32);
  const start = 44 + Math.round(fromSeconds * rate) * frame;
  const sound = whole.subarray(start, start + Math.round(seconds * rate) * frame), head = Buffer.from(whole.subarray(0, 44));
  head.writeUInt32LE(36 + sound.length, 4);
  head.writeUInt32LE(sound.length, 40);
  return Buffer.concat([head, sound]);
}

async function main() {
  const [extension, storage, temp] = process.argv.slice(2);
  const scenario = JSON.parse(fs.readFileSync(path.join(storage, "scenario.json"), "utf8"));
  const host = new FakeHost(scenario, { storage, temp });
  const errors = [];
  process.on("unhandledRejection", (reason) => errors.push(String(reason)));
  const { activate } = require(path.join(extension, "extension.js"));
  activate(host.activation());
  const returned = host.commands.get(scenario.command ?? "dawscribe.transcribe")(host.argument());
  const end = Date.now() + PATIENCE_MS;
  const over = () => host.closed > 0 || (scenario.command && host.dialogs.length && !host.progress.length && scenario.quits);
  while (!over() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 200));
  // What Live's own files would refuse, tried by the extension's host process.
  let fence = "open";
  try {
    fs.readFileSync(scenario.outside);
  } catch (reason) {
    fence = reason.code;
  }
  fs.writeFileSync(path.join(storage, "outcome.json"), JSON.stringify({
    ...host.outcome(), errors, fence, synchronous: returned === undefined, left: fs.existsSync(path.join(storage, "audio")) ? fs.readdirSync(path.join(storage, "audio")) : [],
  }));
}

if (require.main === module) main();
