/**
 * A result as the page edits it: parts with notes and ghosts (candidates) by id, and the few operations that change them.
 * The daemon applies the same operations (bridge/score/edits); both read tests/data/edits.
 */

/** @typedef {{id: string, on: number, off: number, pitch: number, vel: number, conf: number, reason?: string}} Note */
/** @typedef {{time_s: number, bpm: number, beats_per_bar: number | null, beat_unit?: number}} TempoPoint */
/** @typedef {[string, number, number, number, number, number, string?]} Row */
/** @typedef {{name: string, rate: number, channels: number, frames: number}} Source */
/**
 * @typedef {{op: string, part?: string, put?: Row[], drop?: string[], shelve?: string[], from_s?: number, to_s?: number,
 *   bends?: [number, number][], name?: string, program?: number, family?: string, like?: string, is_drums?: boolean,
 *   points?: TempoPoint[]}} Operation
 */
/** @typedef {{label: string, item: number, ops: Operation[]}} Edit */

export const REMOVED = "removed";

/** One part. `notes` and `ghosts` are never changed in place: a change makes new maps, so that views know. */
export class Part {
  /** @param {any} data a part of the daemon's document */
  constructor(data) {
    /** @type {string} */ this.id = data.id;
    /** @type {string} */ this.name = data.name;
    /** @type {string} */ this.stem = data.stem;
    /** @type {string} */ this.family = data.family ?? "";
    /** @type {number} */ this.program = data.program;
    /** @type {boolean} */ this.isDrums = data.is_drums;
    /** @type {Record<string, string>} */ this.pieces = data.pieces ?? {};
    /** @type {Map<string, Note>} */ this.notes = mapOf(data.notes ?? []);
    /** @type {Map<string, Note>} */ this.ghosts = mapOf(data.ghosts ?? []);
    /** @type {[number, number][]} */ this.bends = data.bends ?? [];
    /** @type {Note[] | null} */ this._sorted = null;
    /** @type {Note[] | null} */ this._sortedGhosts = null;
  }

  /** Notes by onset. */
  get sorted() {
    this._sorted ??= byTime(this.notes);
    return this._sorted;
  }

  /** Candidates by onset. */
  get sortedGhosts() {
    this._sortedGhosts ??= byTime(this.ghosts);
    return this._sortedGhosts;
  }

  /** @param {Partial<Part>} changes @returns {Part} a part with other values */
  with(changes) {
    const made = Object.assign(Object.create(Part.prototype), this, changes);
    if (changes.notes) made._sorted = null;
    if (changes.ghosts) made._sortedGhosts = null;
    return made;
  }
}

/** @param {Row[]} rows */
function mapOf(rows) {
  return new Map(rows.map((row) => [row[0], noteOf(row)]));
}

/** @param {Row} row @returns {Note} */
export function noteOf(row) {
  const [id, on, off, pitch, vel, conf, reason] = row;
  return reason === undefined ? { id, on, off, pitch, vel, conf } : { id, on, off, pitch, vel, conf, reason };
}

/** @param {Note} n @returns {Row} */
export function rowOf(n) {
  const on = round4(Math.max(0, n.on));
  return [n.id, on, Math.max(round4(n.off), round4(on + 1e-4)), n.pitch, n.vel, Math.round(n.conf * 1000) / 1000];
}

/** @param {number} x */
export const round4 = (x) => Math.round(x * 1e4) / 1e4;

/** @param {Map<string, Note>} notes */
function byTime(notes) {
  return [...notes.values()].sort((a, b) => a.on - b.on || a.pitch - b.pitch);
}

/** An item: parts, tempo and what can be heard of it. */
export class Item {
  /** @param {any} data an item of the daemon's document */
  constructor(data) {
    /** @type {string} */ this.name = data.name;
    /** @type {number} */ this.length = data.length_s;
    /** @type {Source[]} */ this.sources = data.sources ?? [];
    /** @type {number[]} */ this.oneShots = data.one_shots ?? [];
    /** @type {{transcriber: string, sources: string[]}[]} what the engines' networks said is kept of */ this.heard = data.heard ?? [];
    /** @type {any[]} */ this.chords = data.chords ?? [];
    /** @type {any[]} */ this.sections = data.sections ?? [];
    /** @type {string[]} */ this.warnings = data.warnings ?? [];
    /** @type {Part[]} */ this.parts = (data.parts ?? []).map((/** @type {any} */ p) => new Part(p));
    /** @type {TempoPoint[]} */ this.tempo = data.tempo?.points ?? [{ time_s: 0, bpm: 120, beats_per_bar: 4 }];
    /** @type {boolean} */ this.confident = data.tempo?.confident ?? false;
  }

  /** @param {string} id */
  part(id) {
    const found = this.parts.find((p) => p.id === id);
    if (!found) throw new Error(`no part ${id}`);
    return found;
  }

  /** @param {Operation[]} ops @returns {Item} the item after them */
  apply(ops) {
    /** @type {Item} */
    let made = this;
    for (const op of ops) made = HANDLERS[op.op](made, op);
    return made;
  }

  /** @param {Partial<Item>} changes @returns {Item} */
  with(changes) {
    return Object.assign(Object.create(Item.prototype), this, changes);
  }

  /** @param {Part} part @returns {Item} */
  withPart(part) {
    return this.with({ parts: this.parts.map((p) => (p.id === part.id ? part : p)) });
  }
}

/** @type {Record<string, (item: Item, op: any) => Item>} */
const HANDLERS = {
  notes(item, op) {
    const part = item.part(op.part);
    const notes = new Map(part.notes);
    const ghosts = new Map(part.ghosts);
    for (const id of op.shelve ?? []) {
      const note = notes.get(id);
      notes.delete(id);
      if (note) ghosts.set(id, { ...note, reason: REMOVED });
    }
    const put = /** @type {Row[]} */ (op.put ?? []);
    for (const id of [...(op.drop ?? []), ...put.map((row) => row[0])]) {
      notes.delete(id);
      ghosts.delete(id);
    }
    for (const row of put) notes.set(row[0], noteOf(row));
    return item.withPart(part.with({ notes, ghosts }));
  },
  ghosts(item, op) {
    const part = item.part(op.part);
    const notes = new Map(part.notes);
    const ghosts = new Map(part.ghosts);
    for (const row of op.put) {
      notes.delete(row[0]);
      ghosts.set(row[0], noteOf(row));
    }
    return item.withPart(part.with({ notes, ghosts }));
  },
  bends(item, op) {
    const part = item.part(op.part);
    const kept = part.bends.filter(([t]) => t < op.from_s || t >= op.to_s);
    const bends = [...kept, ...op.bends].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return item.withPart(part.with({ bends }));
  },
  part(item, op) {
    /** @type {Partial<Part>} */
    const changes = {};
    if (op.name !== undefined) changes.name = op.name;
    if (op.program !== undefined) changes.program = op.program;
    if (op.family !== undefined) changes.family = op.family;
    return item.withPart(item.part(op.part).with(changes));
  },
  add_part(item, op) {
    const like = item.part(op.like);
    const made = new Part({ ...like, id: op.part, name: op.name, program: op.program, is_drums: op.is_drums, notes: [], ghosts: [], bends: [] });
    const at = item.parts.indexOf(like) + 1;
    return item.with({ parts: [...item.parts.slice(0, at), made, ...item.parts.slice(at)] });
  },
  remove_part(item, op) {
    return item.with({ parts: item.parts.filter((p) => p.id !== op.part) });
  },
  tempo(item, op) {
    return item.with({ tempo: op.points, confident: true });
  },
};

/** @param {Note[]} notes by onset @param {number} time @returns {number} index of the first that begins at or after it */
export function firstFrom(notes, time) {
  let low = 0;
  let high = notes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (notes[middle].on < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {TempoPoint} point @returns {number} quarter notes of what is counted: in 6/8 three eighths, in 7/8 one */
export function beatQn(point) {
  const unit = 4 / (point.beat_unit ?? 4);
  return unit < 1 && (point.beats_per_bar ?? 4) % 3 === 0 ? 3 * unit : unit;
}

/** @param {TempoPoint} point @returns {number} beats of a bar as they are counted */
export function countedBeats(point) {
  return barQn(point) / beatQn(point);
}

/** @param {TempoPoint} point @returns {number} quarter notes of a bar */
export function barQn(point) {
  return ((point.beats_per_bar ?? 4) * 4) / (point.beat_unit ?? 4);
}

/** Seconds to quarter notes and back, as bridge.music's TempoMap does. */
export class Tempo {
  /** @param {TempoPoint[]} points */
  constructor(points) {
    this.points = points.length ? points : [{ time_s: 0, bpm: 120, beats_per_bar: 4 }];
    /** @type {number[]} quarter notes at each point */ this.starts = [0];
    for (let i = 1; i < this.points.length; i++) {
      const before = this.points[i - 1];
      this.starts.push(this.starts[i - 1] + ((this.points[i].time_s - before.time_s) * before.bpm) / 60);
    }
  }

  /** @param {number} time */
  toQn(time) {
    let i = this.points.length - 1;
    while (i > 0 && this.points[i].time_s > time) i--;
    return this.starts[i] + ((time - this.points[i].time_s) * this.points[i].bpm) / 60;
  }

  /** @param {number} qn */
  toTime(qn) {
    let i = this.starts.length - 1;
    while (i > 0 && this.starts[i] > qn) i--;
    return this.points[i].time_s + ((qn - this.starts[i]) * 60) / this.points[i].bpm;
  }

  /** @param {number} end seconds @returns {{time: number, bar: number, beat: number}[]} all beats up to there */
  beats(end) {
    const signs = this.points.flatMap((p, i) => (p.beats_per_bar ? [{ qn: this.starts[i], beats: countedBeats(p), step: beatQn(p) }] : []));
    const found = [];
    let beat = 0;
    let bar = 1;
    let per = signs[0]?.beats ?? 4;
    let step = signs[0]?.step ?? 1;
    let next = 0;
    const last = Math.min(this.toQn(end), 100000);
    for (let qn = 0; qn <= last; qn += step) {
      while (next < signs.length && signs[next].qn <= qn + 1e-3) {
        per = signs[next].beats;
        step = signs[next].step;
        qn = signs[next].qn;
        if (qn && beat) bar++;
        beat = 0;
        next++;
      }
      found.push({ time: this.toTime(qn), bar, beat });
      beat++;
      if (beat >= per) {
        beat = 0;
        bar++;
      }
    }
    return found;
  }
}

const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];

/** @param {number} pitch @returns {string} such as "C4" for 60 */
export function pitchName(pitch) {
  return `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
}
