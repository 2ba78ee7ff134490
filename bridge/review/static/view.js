/** Where things are on the picture: time to x, pitch to y, one lane per part. Pure geometry. */

import { firstFrom } from "./model.js";

/** @typedef {import("./model.js").Part} Part */
/** @typedef {import("./model.js").Note} Note */
/**
 * @typedef {{index: number, part: Part, top: number, height: number, keys: number[], low: number, high: number, row: number}} Lane
 * `keys` are the rows of drums from top to bottom, empty for pitched parts, which show `low` to `high`.
 */

export const GUTTER = 64;
export const HEAD = 18;
const MIN_LANE = 96;
const MAX_ROW = 26;
const MIN_KEYS = 18;
export const MIN_PX_PER_S = 0.5;
export const MAX_PX_PER_S = 1200;

export class View {
  constructor() {
    this.width = 800;
    this.height = 500;
    this.start = 0;
    this.pxPerS = 60;
    this.scrollY = 0;
    /** Only the active part, over the whole height. */ this.isFocused = false;
    /** @type {Lane[]} */ this.lanes = [];
    this.contentHeight = 0;
    this.length = 1;
  }

  /** @param {number} time */
  x(time) { return GUTTER + (time - this.start) * this.pxPerS; }
  /** @param {number} x */
  time(x) { return this.start + (x - GUTTER) / this.pxPerS; }
  get end() { return this.time(this.width); }

  /** Lay out the lanes. @param {Part[]} parts @param {number} active */
  layOut(parts, active) {
    const shown = parts.map((part, index) => ({ part, index })).filter(({ index }) => !this.isFocused || index === active);
    const even = shown.length ? this.height / shown.length : this.height;
    let top = 0;
    this.lanes = shown.map(({ part, index }) => {
      const [low, high] = reach(part);
      const keys = part.isDrums ? drumKeys(part) : [];
      const rows = keys.length || high - low + 1;
      const height = Math.floor(Math.max(MIN_LANE, part.isDrums ? Math.min(even, rows * MAX_ROW + HEAD) : even));
      return { index, part, top, height, keys, low, high, row: 1, rows };
    });
    // What drums leave over goes to the pitched lanes.
    const spare = this.height - this.lanes.reduce((sum, lane) => sum + lane.height, 0);
    const pitched = this.lanes.filter((lane) => !lane.part.isDrums);
    for (const lane of pitched) lane.height += Math.max(0, Math.floor(spare / pitched.length));
    for (const lane of this.lanes) {
      lane.top = top;
      lane.row = (lane.height - HEAD) / (lane.keys.length || lane.high - lane.low + 1);
      top += lane.height;
    }
    this.contentHeight = top;
    this.clamp();
  }

  clamp() {
    this.pxPerS = Math.min(MAX_PX_PER_S, Math.max(MIN_PX_PER_S, this.pxPerS, (this.width - GUTTER) / (this.length * 1.02 + 0.1)));
    const most = Math.max(0, this.length * 1.01 - (this.width - GUTTER) / this.pxPerS);
    this.start = Math.min(most, Math.max(0, this.start));
    this.scrollY = Math.min(Math.max(0, this.contentHeight - this.height), Math.max(0, this.scrollY));
  }

  /** @param {number} factor @param {number} x the place that stays */
  zoom(factor, x) {
    const time = this.time(x);
    this.pxPerS = Math.min(MAX_PX_PER_S, Math.max(MIN_PX_PER_S, this.pxPerS * factor));
    this.clamp();
    this.start = time - (x - GUTTER) / this.pxPerS;
    this.clamp();
  }

  /** @param {Lane} lane @param {number} pitch @returns {number} upper edge of a key's row on the screen */
  y(lane, pitch) {
    const row = lane.keys.length ? lane.keys.indexOf(Math.round(pitch)) : lane.high - pitch;
    return lane.top + HEAD + row * lane.row - this.scrollY;
  }

  /** @param {number} y @returns {Lane | undefined} */
  laneAt(y) { return this.lanes.find((lane) => y + this.scrollY >= lane.top && y + this.scrollY < lane.top + lane.height); }

  /** @param {Lane} lane @param {number} y @returns {number} the key under a place */
  pitchAt(lane, y) {
    const row = Math.floor((y + this.scrollY - lane.top - HEAD) / lane.row);
    if (lane.keys.length) return lane.keys[Math.min(lane.keys.length - 1, Math.max(0, row))];
    return Math.min(127, Math.max(0, lane.high - row));
  }

  /** @param {Lane} lane @param {Note} note @returns {[number, number, number, number]} x, y, width, height on the screen */
  box(lane, note) {
    const x = this.x(note.on);
    const y = this.y(lane, note.pitch);
    const width = lane.part.isDrums ? Math.max(2, Math.min(9, this.pxPerS * 0.05)) : Math.max(2, (note.off - note.on) * this.pxPerS);
    const inset = lane.part.isDrums && lane.row > 12 ? lane.row * 0.16 : 0;
    return [x, y + inset, width, Math.max(2, lane.row - 2 * inset - (lane.row > 5 ? 1 : 0))];
  }

  /**
   * The topmost note under a place; a ghost only where no note is.
   * @param {Lane} lane @param {number} x @param {number} y @param {boolean} withGhosts
   * @returns {{note: Note, isGhost: boolean} | null}
   */
  hit(lane, x, y, withGhosts) {
    const from = this.time(x) - longest(lane.part);
    for (const isGhost of withGhosts ? [false, true] : [false]) {
      const notes = isGhost ? lane.part.sortedGhosts : lane.part.sorted;
      let found = null;
      for (let i = firstFrom(notes, from); i < notes.length && notes[i].on <= this.time(x + 3); i++) {
        const [bx, by, bw, bh] = this.box(lane, notes[i]);
        if (x >= bx - 2 && x <= bx + bw + 2 && y >= by - 1 && y <= by + bh + 1) found = notes[i];
      }
      if (found) return { note: found, isGhost };
    }
    return null;
  }

  /** Scroll so that a note can be seen. @param {Lane | undefined} lane @param {Note} note */
  reveal(lane, note) {
    const x = this.x(note.on);
    if (x < GUTTER + 20 || x > this.width - 60) this.start = note.on - (this.width - GUTTER) / this.pxPerS / 4;
    if (lane && (lane.top < this.scrollY || lane.top + lane.height > this.scrollY + this.height)) this.scrollY = lane.top;
    this.clamp();
  }
}

/** @type {WeakMap<Part, number>} */
const LONGEST = new WeakMap();

/** @param {Part} part @returns {number} seconds of its longest note or ghost */
export function longest(part) {
  let found = LONGEST.get(part);
  if (found === undefined) {
    found = 0.5;
    for (const notes of [part.notes, part.ghosts]) for (const n of notes.values()) found = Math.max(found, n.off - n.on);
    LONGEST.set(part, found);
  }
  return found;
}

/** @param {Iterable<Note>} notes @returns {[number, number]} their lowest and highest key; 127 and 0 where there are none */
function span(notes) {
  let low = 127;
  let high = 0;
  for (const n of notes) {
    low = Math.min(low, n.pitch);
    high = Math.max(high, n.pitch);
  }
  return [low, high];
}

/** @param {Part} part @returns {[number, number]} the keys to show: those of the notes, and of candidates up to an octave off */
function reach(part) {
  let [low, high] = span(part.notes.values());
  const [lowest, highest] = span(part.ghosts.values());
  if (low > high) [low, high] = lowest > highest ? [48, 72] : [lowest, highest];
  low = Math.min(low, Math.max(lowest, low - 12));
  high = Math.max(high, Math.min(highest, high + 12));
  low -= 2;
  high += 2;
  const missing = Math.max(0, MIN_KEYS - (high - low + 1));
  return [Math.max(0, low - Math.floor(missing / 2)), Math.min(127, high + Math.ceil(missing / 2))];
}

/** @param {Part} part @returns {number[]} the keys that are struck, highest first */
export function drumKeys(part) {
  /** @type {Set<number>} */
  const found = new Set();
  for (const notes of [part.notes, part.ghosts]) for (const n of notes.values()) found.add(n.pitch);
  if (!found.size) for (const key of [36, 38, 42, 46, 49, 51]) found.add(key);
  return [...found].sort((a, b) => b - a);
}

/** @param {Part} part @returns {number[]} the keys that can be struck */
export function kitKeys(part) {
  return [...new Set([...Object.keys(part.pieces).map(Number), ...drumKeys(part)])].sort((a, b) => b - a);
}

const DRUMS = /** @type {Record<number, string>} */ ({
  35: "kick 2", 36: "kick", 37: "side stick", 38: "snare", 39: "clap", 40: "snare 2", 41: "floor tom", 42: "closed hat",
  43: "low tom", 44: "pedal hat", 45: "low tom", 46: "open hat", 47: "mid tom", 48: "mid tom", 49: "crash", 50: "high tom",
  51: "ride", 52: "china", 53: "ride bell", 54: "tambourine", 55: "splash", 56: "cowbell", 57: "crash 2", 59: "ride 2",
  70: "shaker", 82: "shaker 2",
});

/** @param {Part} part @param {number} pitch */
export const drumName = (part, pitch) => part.pieces[pitch] ?? DRUMS[pitch] ?? `key ${pitch}`;
