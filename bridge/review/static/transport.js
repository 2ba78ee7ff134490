/** Plays original, stems and notes together. The position is a formula of the audio clock; nothing drifts. */

import { getBytes } from "./api.js";
import { firstFrom } from "./model.js";
import { openSynth, simple } from "./synth.js";

/** @typedef {import("./model.js").Item} Item */
/** @typedef {import("./model.js").Part} Part */
/** @typedef {import("./synth.js").Synth} Synth */
/** @typedef {{level: number, isMuted: boolean, isSolo: boolean}} Strip */
/** @typedef {{since: number, from: number, speed: number, plays: boolean, loop: [number, number] | null}} Anchor frames */

const CHUNK = 65536;
const AHEAD_S = 12;
const BEHIND_S = 20;
/** Notes are handed over so long before they sound: a page that is busy for a moment loses none. */
const LOOK_AHEAD_S = 0.5;
const TICK_MS = 40;
/** Time between a wish and its sound: worklet and synthesiser both have heard of it by then. */
const START_S = 0.06;

export const COMPARE = ["both", "split", "original", "notes"];

export class Transport extends EventTarget {
  /** @param {() => string} base address of the item */
  constructor(base) {
    super();
    this._base = base;
    /** @type {AudioContext | null} */ this.context = null;
    /** @type {Item | null} */ this.item = null;
    this.isPlaying = false;
    this.speed = 1;
    this.compare = "both";
    /** @type {[number, number] | null} */ this.loop = null;
    /** @type {Map<string, Strip>} */ this.strips = new Map();
    this._at = 0;
    /** @type {Anchor | null} */ this._anchor = null;
    this._scheduled = 0;
    /** @type {Synth | null} */ this.synth = null;
    /** @type {AudioWorkletNode | null} */ this._deck = null;
    /** @type {Map<string, "loading" | "there">} */ this._chunks = new Map();
    /** @type {GainNode[]} */ this._gains = [];
    /** @type {Map<number, AudioBuffer>} */ this._shots = new Map();
    /** @type {Set<AudioBufferSourceNode>} */ this._playingShots = new Set();
    this._timer = 0;
    /** Both longer for a test on a machine that lets the page wait for seconds. */
    this.lookAheadS = LOOK_AHEAD_S;
    this.startS = START_S;
  }

  get rate() { return this.context?.sampleRate ?? 44100; }

  /** Mixer strip of a source ("~name") or a part (its id). @param {string} key @returns {Strip} */
  strip(key) {
    let strip = this.strips.get(key);
    if (!strip) {
      strip = { level: 0.8, isMuted: key.startsWith("~") && key !== "~mix", isSolo: false };
      this.strips.set(key, strip);
    }
    return strip;
  }

  /** Use an item; parts may change while it plays. @param {Item} item */
  use(item) {
    const isOther = !this.item || this.item.sources !== item.sources;
    this.item = item;
    if (this.context && isOther) void this._openDeck();
    this.synth?.setUp(item.parts);
    this.mix();
  }

  /** Browsers let a page make sound only once its user did something. */
  async _open() {
    if (this.context) {
      await this.context.resume();
      return;
    }
    const rate = this.item?.sources[0]?.rate ?? 44100;
    const context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
    this.context = context;
    this.out = new GainNode(context, { gain: 0.8 });
    const limiter = new DynamicsCompressorNode(context, { threshold: -3, ratio: 20, attack: 0.002, release: 0.1 });
    this.out.connect(limiter).connect(context.destination);
    this.originalSide = new StereoPannerNode(context);
    this.notesSide = new StereoPannerNode(context);
    this.notesGate = new GainNode(context);
    this.originalSide.connect(this.out);
    this.notesGate.connect(this.notesSide).connect(this.out);
    await context.audioWorklet.addModule("/static/deck-worklet.js");
    await this._openDeck();
    this.synth = simple(context, this.notesGate);
    this.synth.setUp(this.item?.parts ?? []);
    this.mix();
    void this._loadShots();
    const gate = this.notesGate;
    openSynth(context, gate).then((synth) => {
      this.synth?.stop();
      this.synth = synth;
      synth.setUp(this.item?.parts ?? []);
      this.mix();
      // The first one took with it the notes that it had been handed ahead.
      if (this.isPlaying) this.seek(this.position);
      this.dispatchEvent(new Event("synth"));
    }, () => undefined);
    await context.resume();
  }

  async _openDeck() {
    const context = this.context;
    const sources = this.item?.sources ?? [];
    this._deck?.disconnect();
    this._deck = null;
    this._chunks.clear();
    if (!context || !sources.length) return;
    this._deck = new AudioWorkletNode(context, "dawscribe-deck", {
      numberOfInputs: 0, numberOfOutputs: sources.length, outputChannelCount: sources.map(() => 2),
      processorOptions: { channels: sources.map((s) => s.channels) },
    });
    this._gains = sources.map((_, i) => {
      const gain = new GainNode(context);
      this._deck?.connect(gain, i);
      gain.connect(/** @type {AudioNode} */ (this.originalSide));
      return gain;
    });
    this.mix();
  }

  async _loadShots() {
    const context = this.context;
    if (!context || !this.item) return;
    await Promise.all(this.item.oneShots.map(async (pitch) => {
      try {
        this._shots.set(pitch, await context.decodeAudioData(await getBytes(`${this._base()}/one_shots/${pitch}`)));
      } catch {
        // The soundfont's drum plays instead.
      }
    }));
  }

  /** Set all levels anew. */
  mix() {
    const { item, context } = this;
    if (!item || !context) return;
    const isAnySolo = [...this.strips.values()].some((s) => s.isSolo);
    const level = (/** @type {string} */ key) => {
      const s = this.strip(key);
      return s.isMuted || (isAnySolo && !s.isSolo) ? 0 : s.level;
    };
    const hearsOriginal = this.compare !== "notes";
    const hearsNotes = this.compare !== "original";
    const now = context.currentTime;
    item.sources.forEach((source, i) => this._gains[i]?.gain.setTargetAtTime(hearsOriginal ? level(`~${source.name}`) : 0, now, 0.01));
    item.parts.forEach((part, i) => this.synth?.level(i, hearsNotes ? level(part.id) : 0));
    this._partLevels = item.parts.map((part) => (hearsNotes ? level(part.id) : 0));
    const side = this.compare === "split" ? 1 : 0;
    this.originalSide?.pan.setTargetAtTime(-side, now, 0.01);
    this.notesSide?.pan.setTargetAtTime(side, now, 0.01);
  }

  /** @returns {number} seconds, what is heard now */
  get position() {
    const anchor = this._anchor;
    if (!this.isPlaying || !anchor || !this.context) return this._at;
    const latency = this.context.outputLatency || this.context.baseLatency || 0;
    return this._positionAt((this.context.currentTime - latency) * this.rate) / this.rate;
  }

  /** @param {number} frame of the audio clock @returns {number} frame of the song */
  _positionAt(frame) {
    const a = /** @type {Anchor} */ (this._anchor);
    const at = a.from + Math.max(0, frame - a.since) * a.speed;
    return a.loop && a.from < a.loop[1] && at >= a.loop[1] ? a.loop[0] + ((at - a.loop[0]) % (a.loop[1] - a.loop[0])) : at;
  }

  async toggle() {
    if (this.isPlaying) this.pause();
    else await this.play();
  }

  async play() {
    if (!this.item) return;
    await this._open();
    if (this._at >= this.item.length - 0.05) this._at = this.loop ? this.loop[0] : 0;
    this.isPlaying = true;
    await this._fetch(this._at);
    this._start();
    clearInterval(this._timer);
    this._timer = setInterval(() => this._tick(), TICK_MS);
    this.dispatchEvent(new Event("state"));
  }

  pause() {
    this._at = this.position;
    this.isPlaying = false;
    clearInterval(this._timer);
    this._post({ since: 0, from: 0, speed: 1, plays: false, loop: null });
    this._hush();
    this.dispatchEvent(new Event("state"));
  }

  /** @param {number} seconds */
  seek(seconds) {
    this._at = Math.max(0, Math.min(seconds, this.item?.length ?? 0));
    if (this.isPlaying) void this._fetch(this._at).then(() => this.isPlaying && this._start());
    this.dispatchEvent(new Event("state"));
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this._at = this.position;
    this.speed = speed;
    if (this.isPlaying) this._start();
    this.dispatchEvent(new Event("state"));
  }

  /** @param {[number, number] | null} loop */
  setLoop(loop) {
    this._at = this.position;
    this.loop = loop && loop[1] - loop[0] > 0.1 ? loop : null;
    if (this.isPlaying) {
      if (this.loop && (this._at < this.loop[0] || this._at >= this.loop[1])) this._at = this.loop[0];
      this.seek(this._at);
    }
    this.dispatchEvent(new Event("state"));
  }

  /** @param {string} compare */
  setCompare(compare) {
    this.compare = compare;
    this.mix();
    this.dispatchEvent(new Event("state"));
  }

  /** Begin at the position, a moment from now. */
  _start() {
    const context = /** @type {AudioContext} */ (this.context);
    const rate = this.rate;
    this._hush();
    const since = Math.ceil((context.currentTime + this.startS) * rate);
    const loop = this.loop ? /** @type {[number, number]} */ (this.loop.map((t) => Math.round(t * rate))) : null;
    this._anchor = { since, from: Math.round(this._at * rate), speed: this.speed, plays: true, loop };
    this._post(this._anchor);
    this._scheduled = since;
    this.notesGate?.gain.cancelScheduledValues(0);
    this.notesGate?.gain.setValueAtTime(1, since / rate);
    this._chase();
    this._tick();
  }

  /** Stop the notes that sound, and those that are about to. */
  _hush() {
    const context = this.context;
    if (!context) return;
    this.notesGate?.gain.cancelScheduledValues(0);
    this.notesGate?.gain.setTargetAtTime(0, context.currentTime, 0.005);
    this.synth?.stop();
    for (const node of this._playingShots) node.stop();
    this._playingShots.clear();
  }

  /** @param {Anchor} anchor */
  _post(anchor) { this._deck?.port.postMessage({ type: "anchor", anchor }); }

  _tick() {
    const context = this.context;
    if (!context || !this.isPlaying || !this.item) return;
    const now = context.currentTime * this.rate;
    this._schedule(now + this.lookAheadS * this.rate);
    const at = this.position;
    void this._fetch(at);
    if (!this._anchor?.loop && at >= this.item.length) {
      this.pause();
      this._at = 0;
      this.dispatchEvent(new Event("state"));
    }
  }

  /** Hand over the notes up to a time of the audio clock. @param {number} until frames */
  _schedule(until) {
    const anchor = /** @type {Anchor} */ (this._anchor);
    while (this._scheduled < until) {
      const from = this._positionAt(this._scheduled);
      let end = until;
      if (anchor.loop && from < anchor.loop[1]) {
        end = Math.min(end, this._scheduled + (anchor.loop[1] - from) / anchor.speed);
      }
      if (end - this._scheduled < 0.5) end = this._scheduled + 1;
      const to = from + (end - this._scheduled) * anchor.speed;
      this._hand(from / this.rate, to / this.rate, this._scheduled / this.rate);
      this._scheduled = end;
    }
  }

  /** @param {number} from seconds of the song @param {number} to @param {number} at time of the audio clock at `from` */
  _hand(from, to, at) {
    const parts = this.item?.parts ?? [];
    parts.forEach((part, index) => {
      if (!this._partLevels?.[index]) return;
      const notes = part.sorted;
      for (let i = firstFrom(notes, from); i < notes.length && notes[i].on < to; i++) {
        const note = notes[i];
        this._sound(index, note.pitch, note.vel, at + (note.on - from) / this.speed, (note.off - note.on) / this.speed);
      }
      for (const [time, semitones] of part.bends) {
        if (time >= to) break;
        if (time >= from) this.synth?.bend(index, semitones, at + (time - from) / this.speed);
      }
    });
  }

  /** Notes that sound on at the place where it begins. */
  _chase() {
    const { item, context } = this;
    const anchor = /** @type {Anchor} */ (this._anchor);
    const from = anchor.from / this.rate;
    if (!item || !context) return;
    item.parts.forEach((part, index) => {
      if (part.isDrums || !this._partLevels?.[index]) return;
      for (let i = firstFrom(part.sorted, from - 10); i < part.sorted.length && part.sorted[i].on < from; i++) {
        const note = part.sorted[i];
        if (note.off > from + 0.1) this._sound(index, note.pitch, note.vel, anchor.since / this.rate, (note.off - from) / this.speed);
      }
    });
  }

  /** @param {number} index @param {number} pitch @param {number} vel @param {number} at @param {number} seconds */
  _sound(index, pitch, vel, at, seconds) {
    const part = this.item?.parts[index];
    const shot = part?.isDrums ? this._shots.get(pitch) : undefined;
    const context = this.context;
    if (shot && context && this.notesGate) {
      const node = new AudioBufferSourceNode(context, { buffer: shot });
      const gain = new GainNode(context, { gain: (vel / 127) * (this._partLevels?.[index] ?? 1) });
      node.connect(gain).connect(this.notesGate);
      this._playingShots.add(node);
      node.onended = () => this._playingShots.delete(node);
      node.start(at);
    } else {
      this.synth?.note(index, pitch, vel, at, seconds);
    }
  }

  /** Let a note be heard, as one clicks it. @param {number} index @param {number} pitch @param {number} vel */
  async audition(index, pitch, vel) {
    if (this.isPlaying || !this.context) return;
    const context = this.context;
    this.notesGate?.gain.cancelScheduledValues(0);
    this.notesGate?.gain.setValueAtTime(1, context.currentTime);
    this._sound(index, pitch, vel, context.currentTime + 0.01, 0.35);
  }

  /** Fetch what will be played soon; resolves when the first of it is there. @param {number} at seconds */
  async _fetch(at) {
    const { item, rate } = this;
    const deck = this._deck;
    if (!item || !deck) return;
    const wanted = new Set();
    const add = (/** @type {number} */ from, /** @type {number} */ to) => {
      for (let i = Math.max(0, Math.floor((from * rate) / CHUNK)); i * CHUNK < Math.min(to, item.length + 1) * rate; i++) wanted.add(i);
    };
    add(at, at + AHEAD_S * Math.max(1, this.speed));
    if (this.loop && at < this.loop[1] && at + AHEAD_S > this.loop[1]) add(this.loop[0], this.loop[0] + AHEAD_S);
    const first = Math.floor((at * rate) / CHUNK);
    /** @type {Promise<void>[]} */
    const urgent = [];
    for (const index of wanted) {
      item.sources.forEach((source, s) => {
        const key = `${s}/${index}`;
        if (this._chunks.has(key) || index * CHUNK >= source.frames) return;
        this._chunks.set(key, "loading");
        const loading = getBytes(`${this._base()}/sound/${source.name}?start=${index * CHUNK}&frames=${CHUNK}`).then((data) => {
          if (deck !== this._deck) return;
          this._chunks.set(key, "there");
          const samples = new Int16Array(data);
          deck.port.postMessage({ type: "chunk", source: s, index, data: samples }, [samples.buffer]);
        }, () => void this._chunks.delete(key));
        if (index === first) urgent.push(loading);
      });
    }
    this._forget(at, wanted);
    await Promise.all(urgent);
  }

  /** Let go of sound that is far from the position. @param {number} at @param {Set<number>} wanted */
  _forget(at, wanted) {
    const behind = ((at - BEHIND_S) * this.rate) / CHUNK;
    const ahead = ((at + 3 * AHEAD_S) * this.rate) / CHUNK;
    const gone = new Set();
    for (const [key, state] of this._chunks) {
      const index = Number(key.split("/")[1]);
      if (state === "there" && !wanted.has(index) && (index < behind || index > ahead)) gone.add(index);
    }
    if (!gone.size) return;
    for (const key of this._chunks.keys()) if (gone.has(Number(key.split("/")[1]))) this._chunks.delete(key);
    this._deck?.port.postMessage({ type: "drop", indexes: [...gone] });
  }
}
