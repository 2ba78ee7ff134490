/** The hand on the picture: choose, move and stretch notes, draw a box, add and scroll. */

import * as actions from "./actions.js";
import { GUTTER, HEAD } from "./view.js";

/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {import("./model.js").Note} Note */
/** @typedef {import("./view.js").Lane} Lane */
/**
 * @typedef {{kind: "move" | "end" | "start" | "box" | "pan", x: number, y: number, lane?: Lane, note?: Note, isMoved: boolean,
 *   before: Set<string>}} Drag
 */

const EDGE_PX = 6;
/** A hand that moves less has clicked. */
export const SLACK_PX = 3;

/**
 * Give a hand the pointer's events on a canvas.
 * @param {{down(e: PointerEvent): void, move(e: PointerEvent): void, up(e: PointerEvent): void, cancel(): void}} hand
 * @param {HTMLCanvasElement} canvas
 */
export function lead(hand, canvas) {
  canvas.addEventListener("pointerdown", (e) => hand.down(e));
  canvas.addEventListener("pointermove", (e) => hand.move(e));
  canvas.addEventListener("pointerup", (e) => hand.up(e));
  canvas.addEventListener("pointercancel", () => hand.cancel());
}

export class PictureHand {
  /** @param {Stage} stage @param {HTMLCanvasElement} canvas that takes the events */
  constructor(stage, canvas) {
    this.stage = stage;
    this.canvas = canvas;
    /** @type {Drag | null} */ this.drag = null;
    /** @type {[number, number]} */ this.mouse = [0, 0];
    lead(this, canvas);
    canvas.addEventListener("dblclick", (e) => this.double(e));
    canvas.addEventListener("contextmenu", (e) => e.preventDefault());
  }

  /** The box that is being drawn, as x, y, width and height. @returns {[number, number, number, number] | null} */
  get box() {
    const { drag, mouse } = this;
    return drag?.kind === "box" && drag.isMoved ? [drag.x, drag.y, mouse[0] - drag.x, mouse[1] - drag.y] : null;
  }

  /** @param {PointerEvent} e */
  down(e) {
    const { store, view } = this.stage;
    this.stage.roll.focus({ preventScroll: true });
    if (e.button === 1 || e.button === 2) {
      this.canvas.setPointerCapture(e.pointerId);
      this.drag = { kind: "pan", x: e.offsetX, y: e.offsetY, isMoved: false, before: new Set() };
      return;
    }
    const lane = view.laneAt(e.offsetY);
    if (!lane) return;
    this.stage.endPreview();
    if (lane.index !== store.partIndex) store.choosePart(lane.index);
    if (e.offsetX < GUTTER) {
      void this.stage.transport.audition(lane.index, view.pitchAt(lane, e.offsetY), 96);
      return;
    }
    const adds = e.shiftKey || e.ctrlKey || e.metaKey;
    const hit = view.hit(lane, e.offsetX, e.offsetY, this.stage.showGhosts);
    this.canvas.setPointerCapture(e.pointerId);
    const before = new Set(store.selection);
    this.mouse = [e.offsetX, e.offsetY];
    if (hit?.isGhost) {
      store.change("Add candidate", actions.addGhosts(lane.part, [hit.note.id]));
      store.select([hit.note.id]);
      void this.stage.transport.audition(lane.index, hit.note.pitch, hit.note.vel);
    } else if (hit) {
      if (adds) {
        const next = new Set(before);
        if (!next.delete(hit.note.id)) next.add(hit.note.id);
        store.select(next);
      } else if (!before.has(hit.note.id)) store.select([hit.note.id]);
      void this.stage.transport.audition(lane.index, hit.note.pitch, hit.note.vel);
      const [x, , w] = view.box(lane, hit.note);
      const kind = lane.part.isDrums ? "move" : e.offsetX > x + w - EDGE_PX && w > 8 ? "end" : e.offsetX < x + EDGE_PX && w > 16 ? "start" : "move";
      this.drag = { kind, x: e.offsetX, y: e.offsetY, lane, note: hit.note, isMoved: false, before };
    } else {
      if (!adds) store.select([]);
      this.drag = { kind: "box", x: e.offsetX, y: e.offsetY, lane, isMoved: false, before: adds ? before : new Set() };
    }
    this.stage.redraw();
  }

  /** @param {PointerEvent} e */
  move(e) {
    const drag = this.drag;
    const { view, store } = this.stage;
    if (!drag) {
      this._hover(e);
      return;
    }
    if (drag.kind === "pan") {
      view.start -= (e.offsetX - this.mouse[0]) / view.pxPerS * (drag.isMoved ? 1 : 0);
      view.scrollY -= drag.isMoved ? e.offsetY - this.mouse[1] : 0;
      drag.isMoved = true;
      this.mouse = [e.offsetX, e.offsetY];
      view.clamp();
      this.stage.redraw();
      return;
    }
    this.mouse = [e.offsetX, e.offsetY];
    drag.isMoved ||= Math.hypot(e.offsetX - drag.x, e.offsetY - drag.y) > SLACK_PX;
    if (!drag.isMoved || !drag.lane) return;
    if (drag.kind === "box") {
      store.select([...drag.before, ...this._inBox(drag)]);
    } else {
      const ops = this._dragOps(drag);
      this.stage.preview = ops.length ? store.preview(ops) : null;
    }
    this.stage.layOut();
  }

  /** @param {PointerEvent} e */
  _hover(e) {
    const lane = this.stage.view.laneAt(e.offsetY);
    const { canvas } = this;
    canvas.style.cursor = "default";
    if (!lane || e.offsetX < GUTTER) return;
    const hit = this.stage.view.hit(lane, e.offsetX, e.offsetY, this.stage.showGhosts);
    if (!hit) return;
    const [x, , w] = this.stage.view.box(lane, hit.note);
    const isEdge = !hit.isGhost && !lane.part.isDrums && ((e.offsetX > x + w - EDGE_PX && w > 8) || (e.offsetX < x + EDGE_PX && w > 16));
    canvas.style.cursor = hit.isGhost ? "copy" : isEdge ? "ew-resize" : "move";
  }

  /** @param {Drag} drag */
  _dragOps(drag) {
    const { view, store } = this.stage;
    const lane = /** @type {Lane} */ (drag.lane);
    const note = /** @type {Note} */ (drag.note);
    const part = store.item.parts[lane.index];
    const notes = store.selected;
    const seconds = (this.mouse[0] - drag.x) / view.pxPerS;
    if (drag.kind === "end") return actions.stretch(part, notes, this.stage.snapped(note.off + seconds) - note.off);
    if (drag.kind === "start") return actions.stretchStart(part, notes, this.stage.snapped(note.on + seconds) - note.on);
    const isAcross = Math.abs(this.mouse[0] - drag.x) > SLACK_PX;
    const pitch = view.pitchAt(lane, this.mouse[1]) - view.pitchAt(lane, drag.y);
    const by = isAcross ? this.stage.snapped(note.on + seconds) - note.on : 0;
    return by || pitch ? actions.move(part, notes, by, pitch) : [];
  }

  /** @param {Drag} drag @returns {string[]} */
  _inBox(drag) {
    const lane = /** @type {Lane} */ (drag.lane);
    const [left, right] = [drag.x, this.mouse[0]].sort((a, b) => a - b);
    const [top, bottom] = [drag.y, this.mouse[1]].sort((a, b) => a - b);
    return lane.part.sorted.filter((n) => {
      const [x, y, w, h] = this.stage.view.box(lane, n);
      return x + w >= left && x <= right && y + h >= top && y <= bottom;
    }).map((n) => n.id);
  }

  /** @param {PointerEvent} e */
  up(e) {
    const drag = this.drag;
    this.mouse = [e.offsetX, e.offsetY];
    this.drag = null;
    this.stage.preview = null;
    if (drag?.isMoved && drag.lane && drag.kind !== "box" && drag.kind !== "pan") {
      const label = drag.kind === "move" ? "Move notes" : "Change length";
      this.stage.store.change(label, this._dragOps({ ...drag, lane: this.stage.view.lanes.find((l) => l.index === drag.lane?.index) ?? drag.lane }));
    } else if (drag?.kind === "box" && !drag.isMoved) {
      this.stage.transport.seek(Math.max(0, this.stage.view.time(e.offsetX)));
    }
    this.stage.layOut();
  }

  cancel() {
    this.drag = null;
    this.stage.preview = null;
    this.stage.layOut();
  }

  /** @param {MouseEvent} e */
  double(e) {
    const { view, store } = this.stage;
    const lane = view.laneAt(e.offsetY);
    if (!lane || e.offsetX < GUTTER) return;
    if (e.offsetY + view.scrollY < lane.top + HEAD) {
      this.stage.toggleFocus();
      return;
    }
    if (view.hit(lane, e.offsetX, e.offsetY, false)) return;
    this.stage.insertNote(this.stage.snapped(view.time(e.offsetX)), view.pitchAt(lane, e.offsetY));
    store.say("select");
  }
}
