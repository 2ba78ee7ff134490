/** Asking again: another sensitivity, or a marked range heard by another engine. */

import * as actions from "./actions.js";
import { post } from "./api.js";
import { button, el, field, select } from "./dom.js";

/** @typedef {import("./tools.js").Kit} Kit */

/** @param {Kit} kit */
export function againTools({ store, stage, say, state, draw, stop }) {
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
      el("div", { class: "buttons" }, state.asking ? button("Stop", stop, { title: "Esc" }) : button("Hear range again", rehear, { disabled: state.busy || !range, title: "R" })),
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
    const mine = new AbortController();
    state.busy = true;
    state.asking = mine;
    draw("Ask again");
    say(`Hearing ${part.name} again from ${range[0].toFixed(1)} to ${range[1].toFixed(1)} s …`);
    try {
      await store.settled();
      const kept = hearer();
      const engine = state.engine || kept?.transcriber || store.engines[0];
      const heard = await post(`${store.base}/rehear`, { item: store.itemIndex, part: part.id, from_s: range[0], to_s: range[1], engine,
        sensitivity: state.again === 0.5 ? null : state.again }, mine.signal);
      const now = store.item.part(part.id);
      store.change("Hear range again", actions.replaceNotes(now, heard, range, () => store.newId()));
      say(`${heard.notes.length} notes were heard there.`);
    } catch (error) {
      say(mine.signal.aborted ? "Stopped; nothing was changed." : /** @type {Error} */ (error).message);
    } finally {
      state.busy = false;
      state.asking = null;
      draw("Ask again");
    }
    return undefined;
  }

  return { askBody, rehear: () => void rehear() };
}
