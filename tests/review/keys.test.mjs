// Which shortcut a key press means, on keyboards of all kinds: run by `node --test tests/review`, or by tests/review/test_quality.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SHORTCUTS, shortcutOf } from "../../bridge/review/static/keys.js";

/** A key press; `mods` are the names of modifiers that are held. */
function press(key, mods = [], code = "") {
  const held = (name) => mods.includes(name);
  return { key, code, ctrlKey: held("Control"), altKey: held("Alt"), shiftKey: held("Shift"), metaKey: held("Meta"), getModifierState: held };
}
const meaning = (...pressed) => shortcutOf(press(...pressed))?.text;
const text = (key) => SHORTCUTS.find((s) => s.keys.includes(key)).text;

test("signs that need AltGr or Shift mean what they mean elsewhere", () => {
  // Windows tells AltGr as Control and Alt.
  assert.equal(meaning("[", ["AltGraph", "Control", "Alt"], "Digit8"), text("["));
  assert.equal(meaning("]", ["AltGraph"], "Digit9"), text("]"));
  assert.equal(meaning("?", ["Shift"], "Minus"), text("?"));
  assert.equal(meaning("+", ["Shift"], "Equal"), text("+"));
  assert.equal(meaning("=", [], "Equal"), text("+"));
});

test("a Mac's Alt and comma, and its Command key", () => {
  assert.equal(meaning("≤", ["Alt"], "Comma"), text("Alt+,"));
  assert.equal(meaning("≥", ["Alt"], "Period"), text("Alt+."));
  assert.equal(meaning("z", ["Meta"]), text("Ctrl+Z"));
  assert.equal(meaning("Z", ["Meta", "Shift"]), text("Ctrl+Shift+Z"));
});

test("every key of the list means its own line", () => {
  const keys = { "←": "ArrowLeft", "→": "ArrowRight", "↑": "ArrowUp", "↓": "ArrowDown", Space: " ", Esc: "Escape" };
  for (const { keys: names, text: wanted } of SHORTCUTS) {
    for (const name of names.filter((n) => !n.includes("…"))) {
      const words = name.split("+").filter(Boolean);
      const last = name === "+" ? "+" : words.at(-1);
      const mods = (name === "+" ? [] : words.slice(0, -1)).map((m) => (m === "Ctrl" ? "Control" : m));
      assert.equal(meaning(keys[last] ?? last, mods), wanted, name);
    }
  }
});

test("a key that can do nothing says why", () => {
  const note = { id: "n1", on: 1, off: 1.5, pitch: 60, vel: 90, conf: 1 };
  const part = { id: "p", name: "Bass", isDrums: false, notes: new Map([["n1", note]]), ghosts: new Map() };
  for (const [key, wanted] of [["X", /position/], ["J", /two notes/]]) {
    const said = [];
    const store = { part, selected: [note], selection: new Set(["n1"]), change: () => assert.fail("nothing is to change"), newId: () => "n2" };
    SHORTCUTS.find((s) => s.keys.includes(key)).run({ store, transport: { position: 0 }, say: (text) => said.push(text) }, { key });
    assert.equal(said.length, 1);
    assert.match(said[0], wanted);
  }
});
