/** Tools for the selected note and its part: values, splitting, joining, clean-up. */

import * as actions from "./actions.js";
import { getJson } from "./api.js";
import { button, check, el, field, select } from "./dom.js";
import { FAMILIES, PROGRAMS } from "./gm.js";
import { pitchName } from "./model.js";
import { drumName, kitKeys } from "./view.js";

/** @typedef {import("./tools.js").Kit} Kit */
/** @typedef {import("./model.js").Part} Part */

const REASONS = /** @type {[string, string][]} */ ([
  ["spurious", "Drop ghosts"], ["bleed", "Drop bleed"], ["harmonic", "Drop octaves"], ["duplicate", "Drop doubles"], ["doubtful_onset", "Drop doubtful"],
]);

/** @param {Kit} kit */
export function partTools({ store, stage, say, state }) {
  function noteBody() {
    const part = store.part;
    const notes = store.selected;
    if (!part || !notes.length) return [el("p", {}, "No note is selected.")];
    const note = notes[0];
    const number = (/** @type {string} */ key, /** @type {string} */ label, /** @type {number} */ value, /** @type {string} */ step, /** @type {(x: number, now: import("./model.js").Note) => any} */ values) => {
      const input = el("input", {
        type: "number", step, value: String(value), "data-key": key, disabled: notes.length > 1,
        onchange: () => {
          // The note as it is now: the panel is not drawn anew while one types.
          const now = store.part?.notes.get(note.id);
          const x = Number(input.value);
          if (store.part && now && input.value && Number.isFinite(x)) store.change(label, actions.setNote(store.part, now, values(x, now)));
        },
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
      field("Onset, s", number("on", "Move note", Math.round(note.on * 1e4) / 1e4, "0.01", (x, now) => ({ on: x, off: x + now.off - now.on }))),
      field("Length, s", number("len", "Change length", Math.round((note.off - note.on) * 1e4) / 1e4, "0.01", (x, now) => ({ off: now.on + x }))),
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
    const side = el("input", { type: "number", min: "-100", max: "100", value: "0", "aria-label": "Split at this place: -100 is left, 0 the middle, 100 right", "data-key": "splitplace" });
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
      field("Split place", el("div", { class: "row" }, side, button("Split", () => void splitByPlace(part, Number(side.value) / 100), { title: "What sounds left of it becomes a part of its own: -100 is left, 0 the middle, 100 right" }))),
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

  /** Ask where the notes sound, and split there. @param {Part} part @param {number} limit -1 left to 1 right */
  async function splitByPlace(part, limit) {
    say(`Looking where the notes of ${part.name} sound …`);
    try {
      await store.settled();
      const { places } = await getJson(`${store.base}/items/${store.itemIndex}/places?part=${encodeURIComponent(part.id)}`);
      const ops = actions.splitPlace(store.item, store.item.part(part.id), places, limit, `${part.name} left`);
      if (ops.length) store.change("Split part by place", ops);
      say(ops.length ? `${ops[2].put?.length} notes sound left of there; they are a part of their own now.` : "All notes sound on one side of it; nothing was split.");
    } catch (error) {
      say(/** @type {Error} */ (error).message);
    }
  }

  /** The clean-up that the hand is still on. */
  let switched = "";

  /** A switch for each clean-up that left something out; pointing at it, or its focus, shows what it would do. @param {Part} part */
  function cleaning(part) {
    const known = store.reasons(part.id);
    const rows = REASONS.flatMap(([reason, label]) => {
      const count = [...known].filter(([id, r]) => r === reason && (part.ghosts.has(id) || part.notes.has(id))).length;
      if (!count) return [];
      const isOn = [...part.ghosts.values()].some((n) => n.reason === reason);
      const row = check(`${label} (${count})`, isOn, (on) => {
        switched = reason;
        stage.endPreview();
        store.change(label, actions.cleanUp(part, reason, on, known));
      });
      // Who has just switched it sees what came of it, not what switching it back would do.
      const look = () => {
        if (switched !== reason && !state.isDrawing) stage.show(store.preview(actions.cleanUp(part, reason, !isOn, known)));
      };
      const leave = () => {
        if (state.isDrawing) return;
        switched = "";
        stage.endPreview();
      };
      for (const kind of ["pointerenter", "focusin"]) row.addEventListener(kind, look);
      for (const kind of ["pointerleave", "focusout"]) row.addEventListener(kind, leave);
      row.querySelector("input")?.setAttribute("data-key", `clean-${reason}`);
      return [row];
    });
    return rows.length ? [el("p", {}, "Clean-up"), ...rows] : [];
  }

  return { noteBody, partBody };
}
