/** The grid: quantising notes to it, and correcting it. */

import * as actions from "./actions.js";
import { post } from "./api.js";
import { button, check, el, field, select } from "./dom.js";
import { Tempo } from "./model.js";

/** @typedef {import("./tools.js").Kit} Kit */

const GRIDS = /** @type {[string, string][]} */ ([["1", "1/4"], ["0.5", "1/8"], ["0.33333333", "1/8 T"], ["0.25", "1/16"], ["0.16666667", "1/16 T"], ["0.125", "1/32"]]);

/** @param {Kit} kit */
export function gridTools({ store, stage, transport, say, state, draw, stop }) {
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
    const hide = () => stage.endPreview();
    const strength = el("input", { type: "range", min: "0", max: "1", step: "0.05", value: String(state.strength), "data-key": "strength",
      oninput: () => { state.strength = Number(strength.value); preview(); }, onfocus: preview, onblur: hide });
    const grid = select(GRIDS, state.grid, (v) => { state.grid = v; preview(); });
    grid.addEventListener("focus", preview);
    grid.addEventListener("blur", hide);
    grid.setAttribute("data-key", "grid");
    const what = store.selected.length ? "the selected notes" : store.range ? "the marked range of the part" : "the whole part";
    return [
      field("Grid", grid), field("Strength", strength),
      el("p", {}, `Moves ${what}. Grid and strength show it before you do it.`),
      el("div", { class: "buttons" }, button("Quantise", quantise, { title: "Q" })),
    ];
  }

  function tempoBody() {
    // As it is when something is done: the panel is not drawn anew while one types.
    const now = () => new Tempo(store.item.tempo);
    const bar = actions.firstBar(now());
    const change = (/** @type {string} */ label, /** @type {any[]} */ ops) => (ops.length ? store.change(label, ops) : say("This tempo is out of range: 10 to 999 BPM."));
    const number = (/** @type {string} */ key, /** @type {number} */ value, /** @type {Record<string, string>} */ limits, /** @type {(x: number) => void} */ set) => {
      const input = el("input", { type: "number", value: String(Math.round(value * 1000) / 1000), "data-key": key, ...limits,
        onchange: () => { const x = Number(input.value); if (input.value && Number.isFinite(x)) set(x); } });
      return input;
    };
    const current = now().points[bar.time > 0 ? 1 : 0].bpm;
    const bpm = number("bpm", current, { min: "10", max: "999", step: "0.1" }, (x) => change("Set tempo", actions.setBpm(now(), x)));
    const beats = number("beats", bar.beats, { min: "1", max: "32", step: "1" }, (x) => { const n = Math.round(x); if (n >= 1 && n <= 32) change("Set beats in a bar", actions.setBeatsPerBar(now(), n)); });
    const first = number("downbeat", bar.time, { min: "0", step: "0.01" }, (x) => change("Set first bar", actions.setFirstBar(now(), x)));
    const keeps = (/** @type {"bpm" | "beats" | "downbeat"} */ key, /** @type {string} */ label) => check(label, state.keeps.has(key), (on) => { if (on) state.keeps.add(key); else state.keeps.delete(key); });
    return [
      field("BPM", bpm), field("Beats a bar", beats), field("First bar, s", first),
      el("div", { class: "buttons" }, button("× 2", () => change("Double tempo", actions.scaleTempo(now(), 2))), button("× ½", () => change("Halve tempo", actions.scaleTempo(now(), 0.5))),
        button("Bar begins here", () => change("Move bar line", actions.setDownbeat(now(), now().toQn(transport.position))), { title: "The beat nearest to the position becomes beat 1 (D)" })),
      el("p", {}, `${store.item.confident ? "" : "The beat is not certain. "}Alt and drag on the ruler moves a beat, with Shift the bar lines.`),
      el("p", {}, "Find the beat again in the sound, and keep"),
      keeps("bpm", "the BPM above"), keeps("beats", "the beats a bar"), keeps("downbeat", "the first bar"),
      el("div", { class: "buttons" }, state.asking ? button("Stop", stop, { title: "Esc" }) : button("Find beat again", () => void findBeat(), { disabled: state.busy })),
    ];
  }

  /** Look for the beat in the sound, with what is ticked kept. */
  async function findBeat() {
    const tempo = new Tempo(store.item.tempo);
    const bar = actions.firstBar(tempo);
    const hints = {
      bpm: state.keeps.has("bpm") ? tempo.points[bar.time > 0 ? 1 : 0].bpm : null,
      beats_per_bar: state.keeps.has("beats") ? bar.beats : null,
      first_downbeat: state.keeps.has("downbeat") ? bar.time : null,
    };
    const mine = new AbortController();
    state.busy = true;
    state.asking = mine;
    draw("Tempo");
    say("Looking for the beat …");
    try {
      await store.settled();
      const found = await post(`${store.base}/beat`, { item: store.itemIndex, ...hints }, mine.signal);
      store.change("Find beat again", [{ op: "tempo", points: found.points }]);
      say(`${Math.round(found.points[0].bpm * 100) / 100} BPM at the start${found.confident ? "" : ", but the beat is not certain"}.`);
    } catch (error) {
      say(mine.signal.aborted ? "Stopped; nothing was changed." : /** @type {Error} */ (error).message);
    } finally {
      state.busy = false;
      state.asking = null;
      draw("Tempo");
    }
  }

  return { quantiseBody, tempoBody, quantise };
}
