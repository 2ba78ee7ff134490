// What a lane shows: run by `node --test tests/review`, or by tests/review/test_quality.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Part } from "../../bridge/review/static/model.js";
import { View } from "../../bridge/review/static/view.js";

/** The keys of the only lane, whose part has notes and candidates at these pitches. */
function keys(notes, ghosts) {
  const row = (pitch, i) => [`${pitch}.${i}`, i, i + 0.5, pitch, 80, 1];
  const part = new Part({ id: "a", name: "A", stem: "other", program: 0, is_drums: false, notes: notes.map(row), ghosts: ghosts.map((p, i) => [...row(p, i + 50), "spurious"]) });
  const view = new View();
  view.layOut([part], 0);
  return [view.lanes[0].low, view.lanes[0].high];
}

test("candidates around the notes can be seen, and all of them where no note is left", () => {
  const [low, high] = keys([60, 62], [52, 72]);
  assert.ok(low <= 52 && high >= 72);
  const [lowest, highest] = keys([], [30, 101]);
  assert.ok(lowest <= 30 && highest >= 101);
});

test("a candidate far away does not make the rows of all notes small", () => {
  const [low, high] = keys([60, 80], [22, 108]);
  assert.ok(low >= 60 - 14 && high <= 80 + 14);
});

test("a part of nothing shows two octaves in the middle", () => {
  assert.deepEqual(keys([], []), [46, 74]);
});
