/** The right panel: a section for each kind of tool, drawn anew when what it shows changes. */

import { el, fill } from "./dom.js";
import { againTools } from "./tools-again.js";
import { gridTools } from "./tools-grid.js";
import { partTools } from "./tools-part.js";
import { sendTools } from "./tools-send.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {import("./transport.js").Transport} Transport */
/**
 * What the sections share: what was chosen in them, and a way to draw one of them anew.
 * @typedef {{grid: string, strength: number, busy: boolean, engine: string, again: number, sensitivity: Map<string, number>, keeps: Set<string>, isDrawing: boolean, asking: AbortController | null}} State
 * @typedef {{store: Store, stage: Stage, transport: Transport, say: (text: string) => void, state: State, draw: (name: string) => void, stop: () => boolean}} Kit
 */

const OPENED = new Set(["Note", "Part", "Ask again"]);

/** @param {HTMLElement} panel @param {Store} store @param {Stage} stage @param {Transport} transport @param {(text: string) => void} say */
export function tools(panel, store, stage, transport, say) {
  /** @type {State} */
  const state = { grid: "0.25", strength: 1, busy: false, asking: null, engine: "", again: 0.5, sensitivity: new Map(), keeps: new Set(), isDrawing: false };
  const kit = { store, stage, transport, say, state, draw, stop };
  const part = partTools(kit);
  const again = againTools(kit);
  const grid = gridTools(kit);
  const sending = sendTools(kit);
  /** @type {Record<string, () => any[]>} */
  const sections = {
    Note: part.noteBody, Part: part.partBody, "Ask again": again.askBody, Quantise: grid.quantiseBody, Tempo: grid.tempoBody,
    Versions: sending.versionsBody, Files: sending.filesBody,
  };
  /** @type {Record<string, HTMLElement>} */
  const bodies = {};
  panel.replaceChildren(...Object.keys(sections).map((name) => {
    bodies[name] = el("div", {});
    const details = el("details", { open: OPENED.has(name), ontoggle: () => { if (details.open) draw(name); } }, el("summary", {}, name), bodies[name]);
    return details;
  }));

  /** @param {string} name */
  function draw(name) {
    if (!store.item) return;
    // A field that is being typed into is not taken away.
    const active = document.activeElement;
    if (active && bodies[name].contains(active) && active.matches("input[type=number], input[type=text]")) return;
    // The focus goes and comes back meanwhile: nobody moved it.
    state.isDrawing = true;
    fill(bodies[name], sections[name]);
    state.isDrawing = false;
  }

  /** End what the engines are asked at the moment. @returns {boolean} whether there was something to end */
  function stop() {
    state.asking?.abort();
    return state.asking !== null;
  }
  const drawAll = () => {
    stage.endPreview();
    Object.keys(sections).forEach(draw);
  };
  for (const kind of ["load", "change", "status"]) store.addEventListener(kind, drawAll);
  store.addEventListener("select", () => ["Note", "Part", "Ask again"].forEach(draw));
  store.addEventListener("range", () => ["Ask again", "Quantise"].forEach(draw));

  return { send: sending.send, rehear: again.rehear, quantise: grid.quantise, stop };
}
