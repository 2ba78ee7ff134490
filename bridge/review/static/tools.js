/** The right panel: the selected note, its part, tempo and grid, hearing again, versions and files. */

import * as actions from "./actions.js";
import { post } from "./api.js";
import { button, check, el, field, fill, select } from "./dom.js";
import { FAMILIES, PROGRAMS } from "./gm.js";
import { Tempo, pitchName } from "./model.js";
import { drumName, kitKeys } from "./view.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {import("./transport.js").Transport} Transport */
/** @typedef {import("./model.js").Part} Part */

const REASONS = /** @type {[string, string][]} */ ([
  ["spurious", "Drop ghosts"], ["bleed", "Drop bleed"], ["harmonic", "Drop octaves"], ["duplicate", "Drop doubles"], ["doubtful_onset", "Drop doubtful"],
]);
const GRIDS = /** @type {[string, string][]} */ ([["1", "1/4"], ["0.5", "1/8"], ["0.33333333", "1/8 T"], ["0.25", "1/16"], ["0.16666667", "1/16 T"], ["0.125", "1/32"]]);

/** @param {HTMLElement} panel @param {Store} store @param {Stage} stage @param {Transport} transport @param {(text: string) => void} say */
export function tools(panel, store, stage, transport, say) {
  const state = { grid: "0.25", strength: 1, opened: new Set(["Note", "Part", "Ask again"]), busy: false, engine: "", again: 0.5, sensitivity: /** @type {Map<string, number>} */ (new Map()) };
  /** @type {Record<string, HTMLElement>} */
  const bodies = {};

  const sections = {
    Note: noteBody, Part: partBody, "Ask again": askBody, Quantise: quantiseBody, Tempo: tempoBody, Versions: versionsBody, Files: filesBody,
  };
  panel.replaceChildren(...Object.keys(sections).map((name) => {
    bodies[name] = el("div", {});
    const details = el("details", { open: state.opened.has(name), ontoggle: () => { if (details.open) draw(name); } }, el("summary", {}, name), bodies[name]);
    return details;
  }));

  /** @param {string} name */
  function draw(name) {
    if (!store.item) return;
    // A field that is being typed into is not taken away.
    const active = document.activeElement;
    if (active && bodies[name].contains(active) && active.matches("input[type=number], input[type=text]")) return;
    fill(bodies[name], /** @type {any} */ (sections)[name]);
  }
  const drawAll = () => Object.keys(sections).forEach(draw);
  for (const kind of ["load", "change", "status"]) store.addEventListener(kind, drawAll);
  store.addEventListener("select", () => ["Note", "Part", "Ask again"].forEach(draw));
  store.addEventListener("range", () => ["Ask again", "Quantise"].forEach(draw));

  // --- note -----------------------------------------------------------------------------------------------------------

  function noteBody() {
    const part = store.part;
    const notes = store.selected;
    if (!part || !notes.length) return [el("p", {}, "No note is selected.")];
    const note = notes[0];
    const number = (/** @type {string} */ key, /** @type {string} */ label, /** @type {number} */ value, /** @type {string} */ step, /** @type {(x: number) => any} */ values) => {
      const input = el("input", {
        type: "number", step, value: String(value), "data-key": key, disabled: notes.length > 1,
        onchange: () => { const x = Number(input.value); if (Number.isFinite(x)) store.change(label, actions.setNote(part, note, values(x))); },
      });
      return input;
    };
    const pitch = part.isDrums
      ? select(kitKeys(part).map((k) => [String(k), drumName(part, k)]), String(note.pitch), (v) => store.change("Change drum", notes.flatMap((n) => actions.setNote(part, n, { pitch: Number(v) }))))
      : number("pitch", "Change pitch", note.pitch, "1", (x) => ({ pitch: x }));
    const others = store.item.parts.filter((p) => p.id !== part.id).map((p) => /** @type {[string, string]} */ ([p.id, p.name]));
    return [
      notes.length > 1 ? el("p", {}, `${notes.length} notes`) : null,
      field(part.isDrums ? "Drum" : `Pitch ${notes.length > 1 ? "" : pitchName(note.pitch)}`, pitch),
      field("Onset, s", number("on", "Move note", Math.round(note.on * 1e4) / 1e4, "0.01", (x) => ({ on: x, off: x + note.off - note.on }))),
      field("Length, s", number("len", "Change length", Math.round((note.off - note.on) * 1e4) / 1e4, "0.01", (x) => ({ off: note.on + x }))),
      field("Velocity", number("vel", "Change velocity", note.vel, "1", (x) => ({ vel: x }))),
      others.length ? field("Move to", select([["", "this part"], ...others], "", (id) => {
        if (!id) return;
        const ids = notes.map((n) => n.id);
        store.change("Move to part", actions.moveTo(part, store.item.part(id), notes));
        store.choosePart(store.item.parts.findIndex((p) => p.id === id));
        store.select(ids);
      })) : null,
    ];
  }

  // --- part -----------------------------------------------------------------------------------------------------------

  function partBody() {
    const part = store.part;
    if (!part) return [el("p", {}, "There is no part.")];
    const name = el("input", { type: "text", value: part.name, maxlength: "80", "data-key": "name", onchange: () => name.value.trim() && store.change("Rename part", [{ op: "part", part: part.id, name: name.value.trim() }]) });
    const instrument = el("select", { "data-key": "program", onchange: () => {
      const program = Number(instrument.value);
      store.change("Change instrument", [{ op: "part", part: part.id, program }]);
    } }, ...FAMILIES.map((family, f) => el("optgroup", { label: family }, ...PROGRAMS.slice(f * 8, f * 8 + 8).map((p, i) => el("option", { value: String(f * 8 + i) }, p)))));
    instrument.value = String(part.program);
    const pitches = [...part.notes.values()].map((n) => n.pitch).sort((a, b) => a - b);
    const middle = pitches[pitches.length >> 1] ?? 60;
    const at = el("input", { type: "number", min: "0", max: "127", value: String(middle), "aria-label": "Split at this pitch", "data-key": "splitpitch" });
    const softer = el("input", { type: "number", min: "1", max: "127", value: "64", "aria-label": "Split at this velocity", "data-key": "splitvel" });
    const others = store.item.parts.filter((p) => p.id !== part.id).map((p) => /** @type {[string, string]} */ ([p.id, p.name]));
    const splitBy = (/** @type {(n: import("./model.js").Note) => boolean} */ goes, /** @type {string} */ suffix) => {
      const ops = actions.splitPart(store.item, part, goes, `${part.name} ${suffix}`);
      if (ops.length) store.change("Split part", ops);
      else say("All notes lie on one side of it; nothing was split.");
    };
    return [
      field("Name", name),
      part.isDrums ? null : field("Instrument", instrument),
      field("Split pitch", el("div", { class: "row" }, at, button("Split", () => splitBy((n) => n.pitch < Number(at.value), "low")))),
      field("Split velocity", el("div", { class: "row" }, softer, button("Split", () => splitBy((n) => n.vel < Number(softer.value), "soft")))),
      store.selected.length ? el("div", { class: "buttons" }, button("Selection to a new part", () => {
        const ids = new Set(store.selected.map((n) => n.id));
        splitBy((n) => ids.has(n.id), "2");
      })) : null,
      others.length ? field("Join into", select([["", "choose"], ...others], "", (id) => {
        if (!id) return;
        store.change("Join parts", actions.joinParts(part, store.item.part(id)));
        store.choosePart(store.item.parts.findIndex((p) => p.id === id));
      })) : null,
      ...cleaning(part),
    ];
  }

  /** @param {Part} part */
  function cleaning(part) {
    const known = new Map(store.reasons(part.id));
    const rows = REASONS.flatMap(([reason, label]) => {
      const count = [...known.values()].filter((r) => r === reason).length;
      if (!count) return [];
      const isOn = [...part.ghosts.values()].some((n) => n.reason === reason);
      return [check(`${label} (${count})`, isOn, (on) => store.change(label, actions.cleanUp(part, reason, on, known)))];
    });
    return rows.length ? [el("p", {}, "Clean-up"), ...rows] : [];
  }

  // --- ask again ------------------------------------------------------------------------------------------------------

  /** @returns {any} who heard the part, if what it heard is kept */
  function hearer() {
    const part = store.part;
    return part && store.item.heard.find((h) => h.sources.includes(part.stem) && ["notes", "drums", "band", "melody"].includes(h.transcriber));
  }

  function askBody() {
    const part = store.part;
    if (!part) return [];
    const known = state.sensitivity.get(part.id) ?? 0.5;
    const kept = hearer();
    const slider = el("input", { type: "range", min: "0", max: "1", step: "0.02", value: String(known), "data-key": "sensitivity", disabled: !kept,
      oninput: () => { state.sensitivity.set(part.id, Number(slider.value)); decode(part.id, Number(slider.value), false); },
      onchange: () => decode(part.id, Number(slider.value), true),
      // The daemon gets ready what the slider is going to ask for.
      onpointerenter: () => warm(part.id), onfocus: () => warm(part.id) });
    const range = store.range;
    const engine = select(store.engines.map((e) => [e, e]), state.engine || kept?.transcriber || store.engines[0] || "", (v) => { state.engine = v; });
    const how = el("input", { type: "range", min: "0", max: "1", step: "0.05", value: String(state.again), "data-key": "again", oninput: () => { state.again = Number(how.value); } });
    return [
      field("Sensitivity", slider),
      el("p", {}, kept ? "Left hears less, right hears more; the middle is as tuned." : "What the engine heard is not kept, so the sensitivity is fixed."),
      field("Engine", engine),
      field("Its sense", how),
      el("div", { class: "buttons" }, button(state.busy ? "Hearing …" : "Hear range again", rehear, { disabled: state.busy || !range, title: "R" })),
      el("p", {}, range ? `From ${range[0].toFixed(1)} to ${range[1].toFixed(1)} s of ${part.name}.` : "Mark a range on the ruler first."),
    ];
  }

  /** @type {AbortController | null} */
  let asking = null;
  /** @type {Set<string>} */
  const warmed = new Set();

  /** @param {string} id */
  function warm(id) {
    if (warmed.has(id) || !hearer()) return;
    warmed.add(id);
    post(`${store.base}/decode`, { item: store.itemIndex, part: id, sensitivity: 0.5 }).catch(() => warmed.delete(id));
  }

  /** Ask for the part at another sensitivity: shown while the slider moves, kept when it is let go. @param {string} id @param {number} sensitivity @param {boolean} keeps */
  async function decode(id, sensitivity, keeps) {
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    const began = performance.now();
    try {
      await store.settled();
      const heard = await post(`${store.base}/decode`, { item: store.itemIndex, part: id, sensitivity }, mine.signal);
      stage.decodeTimes.push(performance.now() - began);
      const ops = actions.replaceNotes(store.item.part(id), heard, null, () => store.newId());
      if (!keeps) return stage.show(store.preview(ops));
      stage.show(null);
      store.change(`Sensitivity ${Math.round(sensitivity * 100)} %`, ops);
    } catch (error) {
      if (mine.signal.aborted) return undefined;
      stage.show(null);
      say(/** @type {Error} */ (error).message);
    }
    return undefined;
  }

  async function rehear() {
    const part = store.part;
    const range = store.range;
    if (!part || !range) return say("Mark a range first: drag on the ruler, or use the keys [ and ].");
    if (state.busy) return undefined;
    state.busy = true;
    draw("Ask again");
    say(`Hearing ${part.name} again from ${range[0].toFixed(1)} to ${range[1].toFixed(1)} s …`);
    try {
      await store.settled();
      const kept = hearer();
      const engine = state.engine || kept?.transcriber || store.engines[0];
      const heard = await post(`${store.base}/rehear`, { item: store.itemIndex, part: part.id, from_s: range[0], to_s: range[1], engine,
        sensitivity: state.again === 0.5 ? null : state.again });
      const now = store.item.part(part.id);
      store.change("Hear range again", actions.replaceNotes(now, heard, range, () => store.newId()));
      say(`${heard.notes.length} notes were heard there.`);
    } catch (error) {
      say(/** @type {Error} */ (error).message);
    } finally {
      state.busy = false;
      draw("Ask again");
    }
    return undefined;
  }

  // --- quantise -------------------------------------------------------------------------------------------------------

  function chosenNotes() {
    const r = store.range;
    if (store.selected.length) return store.selected;
    return (store.part?.sorted ?? []).filter((n) => !r || (n.on >= r[0] && n.on < r[1]));
  }

  function quantiseOps() {
    const part = store.part;
    return part ? actions.quantise(part, chosenNotes(), new Tempo(store.item.tempo), Number(state.grid), state.strength) : [];
  }

  function quantise() {
    stage.show(null);
    const ops = quantiseOps();
    if (ops.length) store.change("Quantise", ops);
    say(ops.length ? `Quantised ${ops[0].put?.length} notes.` : "All notes lie on the grid already.");
  }

  function quantiseBody() {
    const preview = () => stage.show(store.preview(quantiseOps()));
    const strength = el("input", { type: "range", min: "0", max: "1", step: "0.05", value: String(state.strength), "data-key": "strength",
      oninput: () => { state.strength = Number(strength.value); preview(); }, onblur: () => stage.show(null) });
    const what = store.selected.length ? "the selected notes" : store.range ? "the marked range of the part" : "the whole part";
    return [
      field("Grid", select(GRIDS, state.grid, (v) => { state.grid = v; preview(); })),
      field("Strength", strength),
      el("p", {}, `Moves ${what}.`),
      el("div", { class: "buttons" }, button("Quantise", quantise, { title: "Q" }), button("Cancel", () => stage.show(null))),
    ];
  }

  // --- tempo ----------------------------------------------------------------------------------------------------------

  function tempoBody() {
    const tempo = new Tempo(store.item.tempo);
    const first = tempo.points[Math.min(tempo.points.length - 1, 1)];
    const change = (/** @type {string} */ label, /** @type {any[]} */ ops) => (ops.length ? store.change(label, ops) : say("This tempo is out of range: 10 to 999 BPM."));
    const bpm = el("input", { type: "number", min: "10", max: "999", step: "0.1", value: String(Math.round(first.bpm * 100) / 100), "data-key": "bpm", onchange: () => change("Set tempo", actions.setBpm(tempo, Number(bpm.value))) });
    const beats = el("input", { type: "number", min: "1", max: "32", step: "1", value: String(tempo.points.find((p) => p.beats_per_bar)?.beats_per_bar ?? 4), "data-key": "beats",
      onchange: () => { const n = Math.round(Number(beats.value)); if (n >= 1 && n <= 32) change("Set beats in a bar", actions.setBeatsPerBar(tempo, n)); } });
    return [
      field("BPM", bpm), field("Beats a bar", beats),
      el("div", { class: "buttons" }, button("× 2", () => change("Double tempo", actions.scaleTempo(tempo, 2))), button("× ½", () => change("Halve tempo", actions.scaleTempo(tempo, 0.5))),
        button("Bar begins here", () => change("Move bar line", actions.setDownbeat(tempo, tempo.toQn(transport.position))), { title: "The beat nearest to the position becomes beat 1" })),
      el("p", {}, store.item.confident ? "Alt and drag on the ruler moves a beat." : "The beat is not certain: 120 BPM is assumed."),
    ];
  }

  // --- versions and files ---------------------------------------------------------------------------------------------

  async function send() {
    if (!store.isDone || state.busy) return;
    state.busy = true;
    say("Making a new version …");
    try {
      await store.settled();
      const answer = await post(`${store.base}/send`, { seq: store.seq });
      say(`Version ${answer.revision} is ready; the DAW's script takes it over ("Update transcription").`);
      await store.load();
    } catch (error) {
      say(/** @type {Error} */ (error).message);
    } finally {
      state.busy = false;
    }
  }

  function versionsBody() {
    const rows = store.versions.map((/** @type {any} */ v) => el("li", {}, `${v.revision ? `Version ${v.revision}` : "Draft"}: ${v.label} `,
      v.revision === store.revision ? "(now)" : button("Go back", async () => {
        try {
          await post(`${store.base}/restore`, { seq: store.seq, version: v.name });
          await store.load();
        } catch (error) {
          say(/** @type {Error} */ (error).message);
        }
      }, { "aria-label": `Go back to ${v.revision ? `version ${v.revision}` : "this draft"}` })));
    const made = store.edits.slice(0, store.cursor);
    return [
      el("p", {}, made.length ? `${made.length} changes, the last: ${made[made.length - 1].label}` : "Nothing was changed yet."),
      rows.length ? el("ul", {}, ...rows) : null,
    ];
  }

  function filesBody() {
    const base = `${store.base}/items/${store.itemIndex}`;
    const part = store.part;
    const link = (/** @type {string} */ text, /** @type {string} */ path, /** @type {string} */ name, /** @type {string} */ type) => {
      const made = el("a", { href: path, download: name, draggable: "true", ondragstart: (/** @type {DragEvent} */ e) => {
        // Browsers that can, let the file be dropped into a folder or a DAW.
        e.dataTransfer?.setData("DownloadURL", `${type}:${name}:${new URL(path, location.href).href}`);
      } }, text);
      return el("li", {}, made);
    };
    const name = store.item.name || "song";
    const one = part ? `?part=${encodeURIComponent(part.id)}` : "";
    return [
      el("p", {}, "As it is corrected now. MIDI can be dragged out of the page."),
      el("ul", {},
        link("MIDI, all parts", `${base}/export/midi`, `${name}.mid`, "audio/midi"),
        part ? link(`MIDI, ${part.name}`, `${base}/export/midi${one}`, `${name} ${part.name}.mid`, "audio/midi") : null,
        part ? link(`MusicXML, ${part.name}`, `${base}/export/musicxml${one}`, `${name} ${part.name}.musicxml`, "application/xml") : null,
        link("DAWproject", `${base}/export/dawproject`, `${name}.dawproject`, "application/zip"),
        link("REAPER project", `${base}/export/rpp`, `${name}.rpp`, "text/plain"),
        link("Ardour session", `${base}/export/ardour`, `${name}.zip`, "application/zip"),
        ...store.item.sources.map((s) => link(s.name === "mix" ? "WAV, original" : `WAV, stem ${s.name}`, `${base}/stem/${s.name}`, `${name} ${s.name}.wav`, "audio/wav"))),
    ];
  }

  return { send: () => void send(), rehear: () => void rehear(), quantise };
}
