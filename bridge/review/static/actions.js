/** What a person can do to notes, as operations. Pure: they take notes and return operations; the store applies them. */

import { REMOVED, barQn, rowOf } from "./model.js";

/** @typedef {import("./model.js").Note} Note */
/** @typedef {import("./model.js").Part} Part */
/** @typedef {import("./model.js").Item} Item */
/** @typedef {import("./model.js").Tempo} Tempo */
/** @typedef {import("./model.js").Operation} Operation */
/** @typedef {import("./model.js").TempoPoint} TempoPoint */
/** @typedef {{beats_per_bar: number, beat_unit?: number}} Sign */
/** @typedef {() => string} NewId */

export const MIN_NOTE_S = 0.02;
const MAX_BPM = 999;
const MIN_BPM = 10;
const isTempo = (/** @type {number} */ bpm) => bpm >= MIN_BPM && bpm <= MAX_BPM;
const clampPitch = (/** @type {number} */ p) => Math.min(127, Math.max(0, p));
const clampVel = (/** @type {number} */ v) => Math.min(127, Math.max(1, Math.round(v)));

/** @param {Part} part @param {Note[]} notes @returns {Operation[]} */
const put = (part, notes) => (notes.length ? [{ op: "notes", part: part.id, put: notes.map(rowOf) }] : []);

/** Make candidates notes. @param {Part} part @param {string[]} ids */
export function addGhosts(part, ids) {
  return put(part, ids.flatMap((id) => part.ghosts.get(id) ?? []).map(({ reason: _, ...note }) => note));
}

/** Notes become candidates that can be taken back. @param {Part} part @param {string[]} ids @returns {Operation[]} */
export function remove(part, ids) {
  const shelve = ids.filter((id) => part.notes.has(id));
  return shelve.length ? [{ op: "notes", part: part.id, shelve }] : [];
}

/** @param {Part} part @param {Note[]} notes @param {number} seconds @param {number} semitones */
export function move(part, notes, seconds, semitones) {
  const least = Math.min(...notes.map((n) => n.on));
  const by = Math.max(-least, seconds);
  return put(part, notes.map((n) => ({ ...n, on: n.on + by, off: n.off + by, pitch: clampPitch(n.pitch + semitones) })));
}

/** @param {Part} part @param {Note[]} notes @param {number} seconds at the end */
export function stretch(part, notes, seconds) {
  return put(part, notes.map((n) => ({ ...n, off: Math.max(n.on + MIN_NOTE_S, n.off + seconds) })));
}

/** @param {Part} part @param {Note[]} notes @param {number} seconds at the beginning */
export function stretchStart(part, notes, seconds) {
  return put(part, notes.map((n) => ({ ...n, on: Math.max(0, Math.min(n.off - MIN_NOTE_S, n.on + seconds)) })));
}

/** @param {Part} part @param {Note[]} notes @param {number} by */
export function louder(part, notes, by) {
  return put(part, notes.map((n) => ({ ...n, vel: clampVel(n.vel + by) })));
}

/** @param {Part} part @param {Note} note @param {Partial<Note>} values typed by hand */
export function setNote(part, note, values) {
  const made = { ...note, ...values };
  made.pitch = clampPitch(Math.round(made.pitch));
  made.vel = clampVel(made.vel);
  made.on = Math.max(0, made.on);
  made.off = Math.max(made.on + MIN_NOTE_S, made.off);
  return put(part, [made]);
}

/** @param {Part} part @param {Note[]} notes @param {number} time @param {NewId} newId */
export function split(part, notes, time, newId) {
  const cut = notes.filter((n) => n.on + MIN_NOTE_S < time && time < n.off - MIN_NOTE_S);
  return put(part, cut.flatMap((n) => [{ ...n, off: time }, { ...n, id: newId(), on: time }]));
}

/** One note of all that are selected on a key. @param {Part} part @param {Note[]} notes @returns {Operation[]} */
export function join(part, notes) {
  /** @type {Map<number, Note[]>} */
  const byKey = new Map();
  for (const n of notes) byKey.set(n.pitch, [...(byKey.get(n.pitch) ?? []), n]);
  const made = [];
  const drop = [];
  for (const same of byKey.values()) {
    if (same.length < 2) continue;
    made.push({ ...same[0], off: Math.max(...same.map((n) => n.off)), vel: Math.max(...same.map((n) => n.vel)) });
    drop.push(...same.slice(1).map((n) => n.id));
  }
  return made.length ? [{ op: "notes", part: part.id, put: made.map(rowOf), drop }] : [];
}

/** @param {Part} part @param {number} time @param {number} seconds @param {number} pitch @param {NewId} newId @param {number} [vel] */
export function insert(part, time, seconds, pitch, newId, vel = 90) {
  return put(part, [{ id: newId(), on: Math.max(0, time), off: Math.max(0, time) + Math.max(MIN_NOTE_S, seconds), pitch, vel, conf: 1 }]);
}

/** @param {Part} from @param {Part} to @param {Note[]} notes @returns {Operation[]} */
export function moveTo(from, to, notes) {
  if (!notes.length || from.id === to.id) return [];
  return [{ op: "notes", part: from.id, drop: notes.map((n) => n.id) }, { op: "notes", part: to.id, put: notes.map(rowOf) }];
}

/** @param {Item} item @param {string} base @returns {string} an id that no part has */
export function freePartId(item, base) {
  let n = 2;
  while (item.parts.some((p) => p.id === `${base}-${n}`)) n++;
  return `${base}-${n}`;
}

/**
 * Split a part in two.
 * @param {Item} item @param {Part} part @param {(note: Note) => boolean} goes whether a note goes to the new part
 * @param {string} name @returns {Operation[]}
 */
export function splitPart(item, part, goes, name) {
  const notes = part.sorted.filter(goes);
  if (!notes.length || notes.length === part.notes.size) return [];
  const id = freePartId(item, part.id);
  return [
    { op: "add_part", part: id, like: part.id, name, program: part.program, is_drums: part.isDrums },
    { op: "notes", part: part.id, drop: notes.map((n) => n.id) },
    { op: "notes", part: id, put: notes.map(rowOf) },
    ...(part.bends.length ? [{ op: "bends", part: id, from_s: 0, to_s: 1e6, bends: part.bends }] : []),
  ];
}

/** Put all of a part into another. @param {Part} from @param {Part} to @returns {Operation[]} */
export function joinParts(from, to) {
  return [{ op: "notes", part: to.id, put: from.sorted.map(rowOf) }, { op: "remove_part", part: from.id }];
}

/**
 * The part's notes left of a place go to a new part.
 * @param {Item} item @param {Part} part @param {Record<string, number>} places by note, -1 left to 1 right @param {number} limit
 * @param {string} name @returns {Operation[]}
 */
export function splitPlace(item, part, places, limit, name) {
  return splitPart(item, part, (note) => (places[note.id] ?? 0) < limit, name);
}

/** Switch a clean-up off (its candidates become notes) or on again. @param {Part} part @param {string} reason @param {boolean} isOn @param {Map<string, string>} known */
export function cleanUp(part, reason, isOn, known) {
  if (!isOn) return addGhosts(part, [...part.ghosts.values()].filter((n) => n.reason === reason).map((n) => n.id));
  const back = [...part.notes.values()].filter((n) => known.get(n.id) === reason);
  return back.length ? [{ op: "ghosts", part: part.id, put: back.map((n) => /** @type {any} */ ([...rowOf(n), reason])) }] : [];
}

/** @param {Part} part @param {Note[]} notes @param {Tempo} tempo @param {number} grid quarters @param {number} strength 0..1 */
export function quantise(part, notes, tempo, grid, strength) {
  const moved = notes.flatMap((n) => {
    const place = tempo.toTime(Math.round(tempo.toQn(n.on) / grid) * grid);
    const by = Math.max(-n.on, (place - n.on) * strength);
    return Math.abs(by) < 1e-4 ? [] : [{ ...n, on: n.on + by, off: n.off + by }];
  });
  return put(part, moved);
}

/** @param {Tempo} tempo @param {number} factor @returns {Operation[]} */
export function scaleTempo(tempo, factor) {
  const points = tempo.points.map((p) => ({ ...p, bpm: p.bpm * factor }));
  return points.every((p) => isTempo(p.bpm)) ? [{ op: "tempo", points }] : [];
}

/** A first bar line so near to the start is the start. */
const AT_START_S = 0.012;
/** Later than this the second tempo point is no upbeat's end. */
const MAX_UPBEAT_S = 8;

/**
 * The points up to the first bar line: an upbeat of whole beats, played a little faster or slower so that they fit.
 * @param {number} time of the bar line @param {number} bpm @param {Sign} sign @returns {TempoPoint[]}
 */
function leadIn(time, bpm, sign) {
  if (time <= AT_START_S) return [{ ...sign, time_s: 0, bpm }];
  const unit = 4 / (sign.beat_unit ?? 4);
  const count = Math.max(1, Math.round((time * bpm) / 60 / unit));
  return [{ ...sign, time_s: 0, bpm: (60 * count * unit) / time, beats_per_bar: count }, { ...sign, time_s: time, bpm }];
}

/** @param {Tempo} tempo @returns {{time: number, beats: number, sign: Sign}} where the first whole bar begins */
export function firstBar(tempo) {
  const [first, second] = tempo.points;
  const isUpbeat = second?.beats_per_bar && second.time_s > 0 && second.time_s < MAX_UPBEAT_S && tempo.starts[1] <= barQn(first) + 1e-3;
  const at = isUpbeat ? second : first;
  const beats = at.beats_per_bar ?? 4;
  return { time: at.time_s, beats, sign: { beats_per_bar: beats, ...(at.beat_unit ? { beat_unit: at.beat_unit } : {}) } };
}

/** @param {Tempo} tempo @param {number} bpm @returns {Operation[]} one tempo from start to end, the first bar line stays where it is */
export function setBpm(tempo, bpm) {
  const bar = firstBar(tempo);
  const points = leadIn(bar.time, bpm, bar.sign);
  return points.every((p) => isTempo(p.bpm)) ? [{ op: "tempo", points }] : [];
}

/** Let the first bar begin at a time: the grid moves as a whole. @param {Tempo} tempo @param {number} time @returns {Operation[]} */
export function setFirstBar(tempo, time) {
  const bar = firstBar(tempo);
  const after = tempo.points.filter((p) => p.time_s > bar.time + 1e-6).map((p) => ({ ...p, time_s: p.time_s + time - bar.time }));
  const bpm = tempo.points[bar.time > 0 ? 1 : 0].bpm;
  const points = [...leadIn(time, bpm, bar.sign), ...after];
  return time >= 0 && points.every((p) => isTempo(p.bpm)) ? [{ op: "tempo", points }] : [];
}

/**
 * Drag a beat to another time: the tempo before it changes, all that comes after it moves along.
 * @param {Tempo} tempo @param {number} qn the beat @param {number} time where it shall be @returns {Operation[]}
 */
export function moveBeat(tempo, qn, time) {
  const before = [...tempo.points.keys()].filter((i) => tempo.starts[i] < qn - 1e-6);
  const i = before[before.length - 1];
  if (i === undefined) return [];
  const from = tempo.points[i];
  const seconds = time - from.time_s;
  if (seconds < 0.05) return [];
  const bpm = ((qn - tempo.starts[i]) * 60) / seconds;
  const shift = time - tempo.toTime(qn);
  const points = tempo.points.slice(0, i).concat([{ ...from, bpm }]);
  const rest = tempo.points.slice(i + 1).map((p) => ({ ...p, time_s: p.time_s + shift }));
  const atBeat = tempo.points.findIndex((_, k) => Math.abs(tempo.starts[k] - qn) < 1e-6);
  if (atBeat < 0) points.push({ time_s: time, bpm: from.bpm, beats_per_bar: null });
  points.push(...rest);
  return points.every((p) => isTempo(p.bpm)) ? [{ op: "tempo", points }] : [];
}

/** @param {Tempo} tempo @param {number} beats @returns {Operation[]} */
export function setBeatsPerBar(tempo, beats) {
  const hasUpbeat = firstBar(tempo).time > 0;
  const isBar = (/** @type {number} */ i) => (i === 0 ? !hasUpbeat : tempo.points[i].beats_per_bar);
  const points = tempo.points.map((p, i) => (isBar(i) ? { ...p, beats_per_bar: beats } : p));
  return [{ op: "tempo", points }];
}

/** Let the bar begin at this beat. @param {Tempo} tempo @param {number} qn @returns {Operation[]} */
export function setDownbeat(tempo, qn) {
  const sign = tempo.points.find((p) => p.beats_per_bar) ?? { time_s: 0, bpm: 120, beats_per_bar: 4 };
  const beats = sign.beats_per_bar ?? 4;
  const unit = 4 / (sign.beat_unit ?? 4);
  const upbeat = ((Math.round(qn / unit) % beats) + beats) % beats;
  const time = tempo.toTime(upbeat * unit);
  const points = tempo.points.map((p) => ({ ...p, beats_per_bar: /** @type {number | null} */ (null) }));
  points[0].beats_per_bar = upbeat || beats;
  if (sign.beat_unit) for (const p of points) p.beat_unit = sign.beat_unit;
  if (upbeat) {
    const at = points.findIndex((p) => Math.abs(p.time_s - time) < 1e-3);
    if (at >= 0) points[at].beats_per_bar = beats;
    else {
      const before = points.filter((p) => p.time_s < time);
      points.splice(before.length, 0, { ...before[before.length - 1], time_s: time, beats_per_bar: beats });
    }
  }
  return [{ op: "tempo", points }];
}

/**
 * Replace a part's notes, in a span or everywhere, by what an engine hears now.
 * @param {Part} part @param {{notes: any[], candidates: any[], bends: [number, number][]}} heard
 * @param {[number, number] | null} range @param {NewId} newId @returns {Operation[]}
 */
export function replaceNotes(part, heard, range, newId) {
  const [from, to] = range ?? [0, 1e6];
  const isInside = (/** @type {number} */ t) => t >= from && t < to;
  const drop = [...part.notes.values(), ...part.ghosts.values()].filter((n) => isInside(n.on)).map((n) => n.id);
  const rows = (/** @type {any[]} */ list) => list.filter((row) => isInside(row[0]));
  const notes = rows(heard.notes).map((row) => /** @type {any} */ ([newId(), ...row.slice(0, 5)]));
  const ghosts = rows(heard.candidates).map((row) => /** @type {any} */ ([newId(), ...row.slice(0, 6)]));
  /** @type {Operation[]} */
  const ops = [{ op: "notes", part: part.id, put: notes, drop }];
  if (ghosts.length) ops.push({ op: "ghosts", part: part.id, put: ghosts });
  if (part.bends.length || heard.bends.length) {
    ops.push({ op: "bends", part: part.id, from_s: from, to_s: to, bends: heard.bends.filter(([t]) => isInside(t)) });
  }
  return ops;
}

export { REMOVED };
