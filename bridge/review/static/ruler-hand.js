/** The hand on the ruler: seek, mark a range, drag a beat (with Alt) or the bar lines (with Shift too). */

import * as actions from "./actions.js";
import { inSight } from "./draw.js";
import { Tempo } from "./model.js";
import { SLACK_PX, lead } from "./picture-hand.js";

/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {{kind: "range" | "beat" | "bar", x: number, isMoved: boolean, qn?: number}} Drag */

/** A beat that is further from the hand is not meant. */
const MAX_BEAT_PX = 8;
/** A shorter range is a click. */
const MIN_RANGE_S = 0.02;

export class RulerHand {
  /** @param {Stage} stage @param {HTMLCanvasElement} canvas that takes the events */
  constructor(stage, canvas) {
    this.stage = stage;
    this.canvas = canvas;
    /** @type {Drag | null} */ this.drag = null;
    lead(this, canvas);
  }

  /** @param {PointerEvent} e */
  down(e) {
    this.canvas.setPointerCapture(e.pointerId);
    const beat = e.altKey ? this._beatAt(e.offsetX) : null;
    const kind = !beat ? "range" : e.shiftKey ? "bar" : "beat";
    const qn = beat ? Math.round(this.stage.tempo.toQn(beat.time) * 4) / 4 : undefined;
    this.drag = { kind, x: e.offsetX, isMoved: false, qn };
  }

  /** @param {number} x */
  _beatAt(x) {
    const { view, beats } = this.stage;
    const near = inSight(view, beats).map((b) => ({ ...b, far: Math.abs(view.x(b.time) - x) })).sort((a, b) => a.far - b.far)[0];
    return near && near.far < MAX_BEAT_PX ? near : null;
  }

  /** @param {PointerEvent} e */
  move(e) {
    const { drag, stage } = this;
    if (!drag) {
      this.canvas.style.cursor = e.altKey && this._beatAt(e.offsetX) ? "ew-resize" : "text";
      return;
    }
    drag.isMoved ||= Math.abs(e.offsetX - drag.x) > SLACK_PX;
    if (!drag.isMoved) return;
    if (drag.kind !== "range") {
      const ops = this._gridOps(drag, e.offsetX);
      stage.show(ops.length ? stage.store.preview(ops) : null);
      return;
    }
    const { view, store } = stage;
    const times = [drag.x, e.offsetX].map((x) => stage.snapped(Math.max(0, Math.min(view.length, view.time(x)))));
    const [from, to] = times.sort((a, b) => a - b);
    store.range = to - from > MIN_RANGE_S ? [from, to] : null;
    store.say("range");
    stage.redraw();
  }

  /** A beat goes where it is dropped; a bar line to the beat nearest to there. @param {Drag} drag @param {number} x */
  _gridOps(drag, x) {
    const tempo = new Tempo(this.stage.store.item.tempo);
    const time = this.stage.view.time(x);
    return drag.kind === "beat" ? actions.moveBeat(tempo, drag.qn ?? 0, time) : actions.setDownbeat(tempo, tempo.toQn(time));
  }

  /** @param {PointerEvent} e */
  up(e) {
    const { drag, stage } = this;
    this.cancel();
    if (drag && drag.kind !== "range" && drag.isMoved) {
      stage.store.change(drag.kind === "beat" ? "Move beat" : "Move bar line", this._gridOps(drag, e.offsetX));
    } else if (drag && !drag.isMoved) stage.transport.seek(Math.max(0, stage.view.time(e.offsetX)));
    stage.layOut();
  }

  cancel() {
    this.drag = null;
    this.stage.preview = null;
    this.stage.layOut();
  }
}
