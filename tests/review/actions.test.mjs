// What a person can do, as pure functions: run by `node --test tests/review`, or by tests/review/test_quality.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as actions from "../../bridge/review/static/actions.js";
import { Item, Tempo } from "../../bridge/review/static/model.js";

const SONG = new Item({
  name: "song", length_s: 20,
  parts: [{ id: "guitar", name: "Guitar", stem: "other", program: 27, is_drums: false,
    notes: [["a", 0.1, 0.9, 60, 80, 1], ["b", 1.02, 1.5, 64, 90, 1], ["c", 2.0, 2.4, 67, 40, 1]],
    ghosts: [["g", 3.0, 3.2, 72, 30, 0.3, "spurious"]], bends: [] }],
  tempo: { confident: true, points: [{ time_s: 0, bpm: 120, beats_per_bar: 4 }] },
});
const guitar = SONG.parts[0];
const after = (ops) => SONG.apply(ops);
/** Beats of a tempo after operations: [time, bar, beat], rounded. */
function beats(ops, end = 6) {
  return new Tempo(after(ops).tempo).beats(end).map((b) => [Math.round(b.time * 1e4) / 1e4, b.bar, b.beat]);
}
const withTempo = (...points) => new Tempo(points);
const UPBEAT = withTempo({ time_s: 0, bpm: 100, beats_per_bar: 2 }, { time_s: 1.2, bpm: 120, beats_per_bar: 4 });

test("a typed tempo leaves the first bar line where it is, and its beats on it", () => {
  for (const bpm of [97.3, 60, 180]) {
    const found = beats(actions.setBpm(UPBEAT, bpm), 10);
    const line = found.find(([, , beat], i) => beat === 0 && i > 0);
    assert.equal(line[0], 1.2);
    const next = found[found.indexOf(line) + 1];
    assert.ok(Math.abs(next[0] - line[0] - 60 / bpm) < 1e-3);
  }
});

test("the first bar moves the whole grid along", () => {
  const found = beats(actions.setFirstBar(withTempo({ time_s: 0, bpm: 120, beats_per_bar: 4 }), 0.42), 3);
  assert.deepEqual(found.slice(0, 3), [[0, 1, 0], [0.42, 2, 0], [0.92, 2, 1]]);
  // And back to the start.
  const back = actions.setFirstBar(new Tempo(after(actions.setFirstBar(UPBEAT, 0.42)).tempo), 0);
  assert.deepEqual(beats(back, 0.9).slice(0, 2), [[0, 1, 0], [0.5, 1, 1]]);
  assert.deepEqual(actions.setFirstBar(UPBEAT, -1), []);
});

test("other points move with the first bar and keep their tempo", () => {
  const tempo = withTempo({ time_s: 0, bpm: 120, beats_per_bar: 4 }, { time_s: 8, bpm: 90, beats_per_bar: 3 });
  const [{ points }] = actions.setFirstBar(tempo, 0.5);
  assert.deepEqual(points.at(-1), { time_s: 8.5, bpm: 90, beats_per_bar: 3 });
});

test("a tempo that no DAW takes is none", () => {
  assert.deepEqual(actions.setBpm(UPBEAT, 5), []);
  assert.deepEqual(actions.setBpm(UPBEAT, NaN), []);
  assert.deepEqual(actions.scaleTempo(withTempo({ time_s: 0, bpm: 600, beats_per_bar: 4 }), 2), []);
});

test("a dragged beat lies where it was dropped; those after it follow", () => {
  const tempo = withTempo({ time_s: 0, bpm: 120, beats_per_bar: 4 });
  assert.deepEqual(beats(actions.moveBeat(tempo, 2, 1.2), 2.3).map(([t]) => t), [0, 0.6, 1.2, 1.7, 2.2]);
  assert.deepEqual(actions.moveBeat(tempo, 2, 0), []);
});

test("a bar begins at the beat that was chosen", () => {
  const found = beats(actions.setDownbeat(withTempo({ time_s: 0, bpm: 120, beats_per_bar: 4 }), 6), 3);
  assert.deepEqual(found.filter(([, , beat]) => beat === 0).map(([t]) => t), [0, 1, 3]);
});

test("beats in a bar leave the upbeat as it is", () => {
  const [{ points }] = actions.setBeatsPerBar(UPBEAT, 3);
  assert.deepEqual(points.map((p) => p.beats_per_bar), [2, 3]);
});

test("half a quantise goes half the way and keeps lengths", () => {
  const tempo = new Tempo(SONG.tempo);
  const [{ put }] = actions.quantise(guitar, guitar.sorted, tempo, 0.5, 0.5);
  assert.deepEqual(put.map(([id, on, off]) => [id, on, off]), [["a", 0.05, 0.85], ["b", 1.01, 1.49]]);
  const [whole] = actions.quantise(guitar, guitar.sorted, tempo, 0.5, 1);
  assert.deepEqual(whole.put.map(([, on]) => on), [0, 1]);
});

test("a part is split by place, pitch or velocity, and notes that all lie on one side are not", () => {
  const split = after(actions.splitPlace(SONG, guitar, { a: -0.8, b: 0.7, c: 0 }, -0.1, "Guitar left"));
  assert.deepEqual(split.parts.map((p) => [p.name, p.sorted.map((n) => n.id)]), [["Guitar", ["b", "c"]], ["Guitar left", ["a"]]]);
  assert.deepEqual(actions.splitPlace(SONG, guitar, {}, -0.1, "x"), []);
});

test("a clean-up is taken back and done again with the same notes", () => {
  const known = new Map([["g", "spurious"]]);
  const off = after(actions.cleanUp(guitar, "spurious", false, known));
  assert.ok(off.parts[0].notes.has("g"));
  const on = off.apply(actions.cleanUp(off.parts[0], "spurious", true, known));
  assert.deepEqual([on.parts[0].notes.has("g"), on.parts[0].ghosts.get("g").reason], [false, "spurious"]);
});

test("split and join are each other's way back", () => {
  const made = after(actions.split(guitar, [guitar.notes.get("a")], 0.5, () => "new"));
  assert.equal(made.parts[0].notes.size, 4);
  const part = made.parts[0];
  const [joined] = made.apply(actions.join(part, [part.notes.get("a"), part.notes.get("new")])).parts;
  assert.deepEqual([joined.notes.size, joined.notes.get("a").off], [3, 0.9]);
});

test("what is heard again takes the place of what was there, in the range alone", () => {
  let n = 0;
  const heard = { notes: [[1.1, 1.3, 65, 70, 0.9], [5, 6, 66, 70, 0.9]], candidates: [[1.4, 1.45, 30, 9, 0.1, "bleed"]], bends: [] };
  const [part] = after(actions.replaceNotes(guitar, heard, [1, 2], () => `n${n++}`)).parts;
  assert.deepEqual(part.sorted.map((x) => x.on), [0.1, 1.1, 2]);
  assert.deepEqual(part.sortedGhosts.map((x) => x.reason), ["bleed", "spurious"]);
});
