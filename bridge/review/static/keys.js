/** Every shortcut, in one table: what it does and the words that the help shows. */

import * as actions from "./actions.js";
import { counted } from "./dom.js";
import { pitchName } from "./model.js";
import { COMPARE } from "./transport.js";
import { drumName } from "./view.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {import("./transport.js").Transport} Transport */
/** @typedef {{store: Store, stage: Stage, transport: Transport, say: (text: string) => void, send: () => void, help: () => void, theme: () => void, rehear: () => void, quantise: () => void, stop: () => boolean}} App */
/** @typedef {{keys: string[], text: string, group: string, run: (app: App, event: KeyboardEvent) => void, anywhere?: boolean}} Shortcut */

const STEP_S = 0.01;

/** @param {App} app @returns {number} seconds of a step: the grid, or 10 ms */
function step({ stage, transport }) {
  if (!stage.snap) return STEP_S;
  const at = transport.position;
  return stage.tempo.toTime(stage.tempo.toQn(at) + stage.snap) - at;
}

/** @param {App} app @param {string} label @param {(part: import("./model.js").Part, notes: import("./model.js").Note[]) => any[]} make @param {string} [why] nothing came of it */
function onSelected(app, label, make, why = "There is nothing further that way.") {
  const { store } = app;
  const notes = store.selected;
  if (!store.part || !notes.length) return app.say("Choose a note first: arrow keys go from note to note.");
  const ops = make(store.part, notes);
  if (!ops.length) return app.say(why);
  if (store.change(label, ops)) speak(app);
}

/** Say what is selected. @param {App} app */
export function speak(app) {
  const { store, stage } = app;
  const part = store.part;
  if (!part) return;
  const ids = [...store.selection];
  if (ids.length !== 1) return app.say(ids.length ? `${ids.length} notes of ${part.name}` : `${part.name}: ${counted(part.notes.size)}`);
  const note = part.notes.get(ids[0]) ?? part.ghosts.get(ids[0]);
  if (!note) return;
  const qn = stage.tempo.toQn(note.on);
  const beat = stage.beats[Math.max(0, Math.min(stage.beats.length - 1, Math.floor(qn + 1e-6)))];
  const name = part.isDrums ? drumName(part, note.pitch) : pitchName(note.pitch);
  const place = beat ? `bar ${beat.bar} beat ${beat.beat + 1}` : "";
  const ghost = note.reason ? `, candidate (${note.reason.replace("_", " ")}), Enter adds it` : "";
  app.say(`${part.name}: ${name}, ${place}, ${note.on.toFixed(2)} s, ${(note.off - note.on).toFixed(2)} s long, velocity ${note.vel}, ${Math.round(note.conf * 100)} % sure${ghost}`);
}

/** @param {App} app @param {number} by @param {boolean} ghosts @param {boolean} extends_ */
function walk(app, by, ghosts, extends_) {
  const { store, stage, transport } = app;
  const part = store.part;
  if (!part) return;
  const notes = ghosts ? part.sortedGhosts : part.sorted;
  if (!notes.length) return app.say(ghosts ? "This part has no candidates." : "This part has no notes.");
  const current = [...store.selection].map((id) => notes.findIndex((n) => n.id === id)).filter((i) => i >= 0);
  let next;
  if (current.length) next = (by > 0 ? Math.max(...current) : Math.min(...current)) + by;
  else {
    const from = store.selection.size ? ([...store.selection].map((id) => (part.notes.get(id) ?? part.ghosts.get(id))?.on ?? 0)[0]) : transport.position;
    next = notes.findIndex((n) => n.on >= from);
    if (next < 0) next = notes.length;
    if (by < 0) next--;
  }
  const note = notes[Math.max(0, Math.min(notes.length - 1, next))];
  store.select(extends_ ? [...store.selection, note.id] : [note.id]);
  stage.view.reveal(stage.lane, note);
  stage.redraw();
  void transport.audition(store.partIndex, note.pitch, note.vel);
  speak(app);
}

/** @param {App} app @param {number} by */
function goPart(app, by) {
  app.store.choosePart(app.store.partIndex + by);
  const lane = app.stage.lane;
  if (app.stage.view.isFocused) app.stage.layOut();
  else if (lane) {
    app.stage.view.scrollY = Math.min(app.stage.view.scrollY, lane.top);
    app.stage.view.scrollY = Math.max(app.stage.view.scrollY, lane.top + lane.height - app.stage.view.height);
  }
  app.stage.redraw();
  speak(app);
}

/** @param {App} app @param {0 | 1} side */
function mark(app, side) {
  const { store, transport } = app;
  const at = transport.position;
  const [from, to] = store.range ?? (side ? [0, at] : [at, store.item.length]);
  store.range = side ? [Math.min(from, at), at] : [at, Math.max(to, at)];
  store.say("range");
  app.say(`Range ${store.range[0].toFixed(2)} to ${store.range[1].toFixed(2)} s`);
}

/** @param {App} app @param {KeyboardEvent} event */
function nudgeBeat({ store, stage, transport, say }, event) {
  const near = stage.beats.reduce((a, b) => (Math.abs(b.time - transport.position) < Math.abs(a.time - transport.position) ? b : a));
  const qn = Math.round(stage.tempo.toQn(near.time) * 4) / 4;
  const time = stage.tempo.toTime(qn) + (event.code === "Comma" || event.key === "," ? -STEP_S : STEP_S);
  const ops = actions.moveBeat(stage.tempo, qn, time);
  if (!ops.length) return say("This beat cannot be moved further.");
  store.change("Move beat", ops);
  transport.seek(time);
  say(`Beat at ${time.toFixed(2)} s`);
}

/** @param {App} app */
function remove(app) {
  const ids = app.store.selected.map((n) => n.id);
  const before = app.store.cursor;
  onSelected(app, ids.length > 1 ? "Remove notes" : "Remove note", (part) => actions.remove(part, ids));
  if (ids.length > 1 && app.store.cursor > before) app.say(`${ids.length} notes are candidates now; Enter takes them back.`);
}

/** @param {App} app */
export function undo({ store, say }) {
  const edit = store.edits[store.cursor - 1];
  if (!edit) say("There is nothing to undo.");
  else if (store.undo()) say(`Undone: ${edit.label}`);
}

/** @param {App} app */
export function redo({ store, say }) {
  const edit = store.edits[store.cursor];
  if (!edit) say("There is nothing to redo.");
  else if (store.redo()) say(`Done again: ${edit.label}`);
}

/** @param {App} app @param {number} by */
function drumStep(app, by) {
  const { store, stage } = app;
  const lane = stage.lane;
  if (!lane?.keys.length) return actions.move(/** @type {any} */ (store.part), store.selected, 0, by);
  const part = /** @type {import("./model.js").Part} */ (store.part);
  return store.selected.flatMap((n) => {
    const at = lane.keys.indexOf(n.pitch);
    const pitch = lane.keys[Math.max(0, Math.min(lane.keys.length - 1, at - Math.sign(by)))];
    return actions.setNote(part, n, { pitch });
  });
}

/** @type {Shortcut[]} */
export const SHORTCUTS = [
  { group: "Listen", keys: ["Space"], text: "play or pause", run: ({ transport }) => void transport.toggle(), anywhere: true },
  { group: "Listen", keys: ["Home"], text: "to the start", run: ({ transport, stage }) => { transport.seek(0); stage.view.start = 0; stage.redraw(); } },
  { group: "Listen", keys: ["End"], text: "to the end", run: ({ transport, store, stage }) => { transport.seek(store.item.length); stage.view.start = 1e9; stage.view.clamp(); stage.redraw(); } },
  { group: "Listen", keys: [",", "."], text: "a beat back, a beat on", run: ({ transport, stage }, e) => transport.seek(stage.tempo.toTime(Math.max(0, stage.tempo.toQn(transport.position) + (e.key === "," ? -1 : 1)))) },
  { group: "Listen", keys: ["P"], text: "go to the selected note", run: ({ transport, store }) => store.selected[0] && transport.seek(store.selected[0].on) },
  { group: "Listen", keys: ["L"], text: "loop the marked range, or not", run: ({ stage }) => stage.store.say("loop") },
  { group: "Listen", keys: ["["], text: "range begins here", run: (app) => mark(app, 0) },
  { group: "Listen", keys: ["]"], text: "range ends here", run: (app) => mark(app, 1) },
  { group: "Listen", keys: ["H"], text: "half speed, pitch stays", run: ({ transport }) => transport.setSpeed(transport.speed === 0.5 ? 1 : 0.5) },
  { group: "Listen", keys: ["B"], text: "compare: both, left/right, original, notes", run: ({ transport, say }) => { transport.setCompare(COMPARE[(COMPARE.indexOf(transport.compare) + 1) % COMPARE.length]); say(`Compare: ${transport.compare}`); } },
  { group: "Listen", keys: ["M", "S"], text: "mute, solo the part", run: ({ transport, store }, e) => { const strip = transport.strip(store.part?.id ?? ""); if (e.key.toLowerCase() === "m") strip.isMuted = !strip.isMuted; else strip.isSolo = !strip.isSolo; transport.mix(); store.say("select"); } },
  { group: "Find", keys: ["←", "→"], text: "note before, next note (Shift: more)", run: (app, e) => walk(app, e.key === "ArrowLeft" ? -1 : 1, false, e.shiftKey) },
  { group: "Find", keys: ["↑", "↓"], text: "part above, part below", run: (app, e) => goPart(app, e.key === "ArrowUp" ? -1 : 1) },
  { group: "Find", keys: ["1 … 9"], text: "part by number", run: (app, e) => { app.store.choosePart(Number(e.key) - 1); goPart(app, 0); } },
  { group: "Find", keys: ["G"], text: "next candidate (Shift: before)", run: (app, e) => walk(app, e.shiftKey ? -1 : 1, true, false) },
  { group: "Find", keys: ["Ctrl+A"], text: "all notes of the part, or of the range", run: (app) => { const { store } = app; const r = store.range; store.select((store.part?.sorted ?? []).filter((n) => !r || (n.on >= r[0] && n.on < r[1])).map((n) => n.id)); speak(app); } },
  { group: "Find", keys: ["Esc"], text: "stop hearing again, or nothing selected and no range", run: ({ store, stage }) => { store.range = null; store.select([]); store.say("range"); stage.redraw(); } },
  { group: "Change", keys: ["Enter"], text: "add the candidate", run: (app) => { const { store } = app; const part = store.part; const ids = [...store.selection].filter((id) => part?.ghosts.has(id)); if (part && ids.length) { store.change("Add candidate", actions.addGhosts(part, ids)); store.select(ids); speak(app); } } },
  { group: "Change", keys: ["N"], text: "new note (stroke) at the position", run: ({ store, stage, transport }) => { const part = store.part; if (part) stage.insertNote(stage.snapped(transport.position), store.selected[0]?.pitch ?? (part.isDrums ? 38 : part.sorted[0]?.pitch ?? 60)); } },
  { group: "Change", keys: ["Delete"], text: "remove (it stays as a candidate)", run: remove },
  { group: "Change", keys: ["Alt+←", "Alt+→"], text: "earlier, later: a grid step or 10 ms", run: (app, e) => onSelected(app, "Move notes", (part, notes) => actions.move(part, notes, (e.key === "ArrowLeft" ? -1 : 1) * step(app), 0)) },
  { group: "Change", keys: ["Alt+↑", "Alt+↓"], text: "a semitone or drum up, down (Shift: octave)", run: (app, e) => onSelected(app, "Change pitch", () => drumStep(app, (e.key === "ArrowUp" ? 1 : -1) * (e.shiftKey ? 12 : 1))) },
  { group: "Change", keys: ["Ctrl+←", "Ctrl+→"], text: "shorter, longer", run: (app, e) => onSelected(app, "Change length", (part, notes) => actions.stretch(part, notes, (e.key === "ArrowLeft" ? -1 : 1) * step(app))) },
  { group: "Change", keys: ["+", "-"], text: "louder, softer", run: (app, e) => onSelected(app, "Change velocity", (part, notes) => actions.louder(part, notes, e.key === "-" ? -5 : 5)) },
  { group: "Change", keys: ["X"], text: "split at the position", run: (app) => onSelected(app, "Split note", (part, notes) => actions.split(part, notes, app.transport.position, () => app.store.newId()), "The position lies in no selected note; P goes to one, full stop and comma move on and back.") },
  { group: "Change", keys: ["J"], text: "join notes of one pitch", run: (app) => onSelected(app, "Join notes", (part, notes) => actions.join(part, notes), "Select two notes of one pitch first: Shift and the arrow keys take more.") },
  { group: "Change", keys: ["D"], text: "bar begins at the position", run: ({ store, stage, transport }) => void store.change("Move bar line", actions.setDownbeat(stage.tempo, stage.tempo.toQn(transport.position))) },
  { group: "Change", keys: ["Alt+,", "Alt+."], text: "beat nearest to the position 10 ms earlier, later", run: nudgeBeat },
  { group: "Change", keys: ["Q"], text: "quantise", run: (app) => app.quantise() },
  { group: "Change", keys: ["R"], text: "hear the range again", run: (app) => app.rehear() },
  { group: "Change", keys: ["Ctrl+Z"], text: "undo", run: undo, anywhere: true },
  { group: "Change", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], text: "redo", run: redo, anywhere: true },
  { group: "Page", keys: ["Z", "Shift+Z"], text: "zoom in, out", run: ({ stage, transport }, e) => { const x = Math.min(stage.view.width, Math.max(70, stage.view.x(transport.position))); stage.view.zoom(e.shiftKey ? 1 / 1.5 : 1.5, x); stage.redraw(); } },
  { group: "Page", keys: ["0"], text: "show the whole song", run: ({ stage }) => stage.fit() },
  { group: "Page", keys: ["F"], text: "this part alone, all parts", run: ({ stage }) => stage.toggleFocus() },
  { group: "Page", keys: ["C"], text: "show or hide candidates", run: ({ stage, say }) => { stage.showGhosts = !stage.showGhosts; say(stage.showGhosts ? "Candidates are shown" : "Candidates are hidden"); stage.redraw(); } },
  { group: "Page", keys: ["W"], text: "show or hide the sound behind the notes", run: ({ stage }) => { stage.showSound = !stage.showSound; stage.redraw(); } },
  { group: "Page", keys: ["T"], text: "dark or light", run: (app) => app.theme() },
  { group: "Page", keys: ["Ctrl+Enter"], text: "update in the DAW", run: (app) => app.send(), anywhere: true },
  { group: "Page", keys: ["?"], text: "this list", run: (app) => app.help() },
];

const ARROWS = /** @type {Record<string, string>} */ ({ ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", " ": "Space", Backspace: "Delete", "=": "+", "_": "-" });

/** Keys that a Mac gives other signs with Alt. */
const PLACES = /** @type {Record<string, string>} */ ({ Comma: ",", Period: "." });

/** @param {KeyboardEvent} event @returns {Shortcut | undefined} */
export function shortcutOf(event) {
  // AltGr only helps to type: German keyboards have [ and ] there, and Windows calls it Ctrl and Alt.
  const isAltGr = event.getModifierState("AltGraph");
  const ctrl = !isAltGr && (event.ctrlKey || event.metaKey);
  const alt = !isAltGr && event.altKey;
  const typed = (alt && PLACES[event.code]) || event.key;
  const key = ARROWS[typed] ?? (typed.length === 1 ? typed.toUpperCase() : typed);
  const held = `${ctrl ? "Ctrl+" : ""}${alt ? "Alt+" : ""}`;
  const names = [`${held}${event.shiftKey ? "Shift+" : ""}${key}`, `${held}${key}`];
  if (!held && /^[1-9]$/.test(key)) return SHORTCUTS.find((s) => s.keys[0].startsWith("1"));
  for (const name of names) {
    const found = SHORTCUTS.find((s) => s.keys.includes(name));
    if (found) return found;
  }
  return undefined;
}

/** Whoever clicked a button goes on by keys in the picture: Space plays, and does not press the button again. @param {App} app */
function leaveButtons({ stage }) {
  let byPointer = false;
  document.addEventListener("pointerdown", () => { byPointer = true; }, true);
  document.addEventListener("keydown", () => { byPointer = false; }, true);
  const leave = (/** @type {Event} */ event, /** @type {string} */ what) => {
    const isLeft = byPointer && /** @type {HTMLElement} */ (event.target).closest(what) && !document.querySelector("dialog[open]");
    if (isLeft) stage.roll.focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => leave(event, "button"));
  document.addEventListener("change", (event) => leave(event, "#bar select"));
}

/** @param {App} app */
export function listen(app) {
  leaveButtons(app);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const found = shortcutOf(event);
    if (!found) return;
    if (event.key === "Escape" && app.stop()) return;
    const isTyping = target.matches("input:not([type=range]):not([type=checkbox]), select, textarea");
    const isControl = target.matches("input, select, button, summary, a");
    if (isTyping && !(found.anywhere && (event.ctrlKey || event.metaKey))) return;
    // Controls keep the keys that work them: Space and Enter press, arrows move.
    const isForIt = /^( |Enter|Arrow|Home|End|\+|-)/.test(event.key) && !event.ctrlKey && !event.altKey;
    if (isControl && isForIt && !(event.key === " " && target.matches("input[type=range]"))) return;
    event.preventDefault();
    found.run(app, event);
  });
}
