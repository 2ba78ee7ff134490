/** The picture and the hand on it: canvases, redrawing, mouse and touch. */

import * as actions from "./actions.js";
import { drawFrame, drawPicture, drawRuler, drawWhole, inSight } from "./draw.js";
import { isDarkNow, lookOf } from "./look.js";
import { Tempo } from "./model.js";
import { Pictures } from "./pictures.js";
import { GUTTER, HEAD, View } from "./view.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./transport.js").Transport} Transport */
/** @typedef {import("./model.js").Note} Note */
/** @typedef {import("./view.js").Lane} Lane */

const EDGE_PX = 6;
const SLACK_PX = 3;
const MAP_HEIGHT = 40;
const RULER_HEIGHT = 34;

/**
 * @typedef {{kind: "move" | "end" | "start" | "box" | "pan" | "range" | "map" | "beat" | "bar", x: number, y: number, lane?: Lane, note?: Note,
 *   isMoved: boolean, before: Set<string>, qn?: number}} Drag
 */

export class Stage {
  /** @param {Store} store @param {Transport} transport */
  constructor(store, transport) {
    this.store = store;
    this.transport = transport;
    this.view = new View();
    this.tempo = new Tempo([]);
    /** @type {{time: number, bar: number, beat: number}[]} */ this.beats = [];
    this.showGhosts = true;
    this.showSound = true;
    this.follows = true;
    this.loops = false;
    /** Quarters, 0 for none. */ this.snap = 0;
    /** @type {import("./model.js").Item | null} */ this.preview = null;
    /** Frame times for those who measure. @type {number[]} */ this.frameTimes = [];
    /** Times of decoding anew. @type {number[]} */ this.decodeTimes = [];
    this.pictures = new Pictures(() => `${store.base}/items/${store.itemIndex}`, () => this.redraw());
    this.look = lookOf(isDarkNow());
    this.pictures.recolour(this.look.map);
    /** @type {Drag | null} */ this._drag = null;
    /** @type {OffscreenCanvas | null} */ this._map = null;
    /** @type {any[]} */ this._mapOf = [];
    this._dirty = true;
    this.roll = byId("roll");
    this._canvases = ["picture", "overlay", "ruler", "map"].map((id) => /** @type {HTMLCanvasElement} */ (byId(id)));
    this._g = this._canvases.map((c) => /** @type {CanvasRenderingContext2D} */ (c.getContext("2d")));
    new ResizeObserver(() => this.resize()).observe(this.roll);
    this._listen();
    const frame = () => {
      this._frame();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** Colours of the other look. */
  relook() {
    this.look = lookOf(isDarkNow());
    this.pictures.recolour(this.look.map);
    this.redraw();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.max(50, this.roll.clientWidth);
    const height = Math.max(50, this.roll.clientHeight);
    this._canvases.forEach((canvas, i) => {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round((i < 2 ? height : i === 2 ? RULER_HEIGHT : MAP_HEIGHT) * ratio);
      this._g[i].setTransform(ratio, 0, 0, ratio, 0, 0);
    });
    this.view.width = width;
    this.view.height = height;
    this.layOut();
  }

  /** The item, its parts or its tempo changed. */
  layOut() {
    const item = this.preview ?? this.store.item;
    if (!item) return;
    this.view.length = item.length;
    if (this.tempo.points !== item.tempo || this._length !== item.length) {
      this.tempo = new Tempo(item.tempo);
      this.beats = this.tempo.beats(item.length);
      this._length = item.length;
    }
    this.view.layOut(item.parts, this.store.partIndex);
    this.redraw();
  }

  /** Show the whole item. */
  fit() {
    this.view.pxPerS = 0;
    this.view.start = 0;
    this.view.clamp();
    this.redraw();
  }

  redraw() { this._dirty = true; }

  /** @param {import("./model.js").Item | null} item shown instead of the real one */
  show(item) {
    this.preview = item;
    this.layOut();
  }

  /** What was shown in place of the real item is shown no longer; a drag ends its own. */
  endPreview() {
    if (this.preview && !this._drag) this.show(null);
  }

  get lane() { return this.view.lanes.find((l) => l.index === this.store.partIndex); }

  /** @returns {any} */
  _scene() {
    const { view, look, pictures, beats, store } = this;
    return {
      view, look, pictures, beats, item: this.preview ?? store.item, active: store.partIndex, selection: store.selection,
      ghosts: this.showGhosts, showSound: this.showSound, preview: this.preview,
    };
  }

  _frame() {
    const { store, view, transport } = this;
    if (!store.item) return;
    const position = transport.position;
    if (transport.isPlaying && this.follows && !this._drag) {
      const x = view.x(position);
      if (x > view.width - 40 || x < GUTTER) {
        view.start = position - 0.05 * (view.width / view.pxPerS);
        view.clamp();
        this._dirty = true;
      }
    }
    const began = performance.now();
    if (this._dirty) {
      this._dirty = false;
      const scene = this._scene();
      drawPicture(this._g[0], scene);
      drawRuler(this._g[2], scene, RULER_HEIGHT, store.range, this.loops);
      this._drawMap(scene);
      this._overlayed = NaN;
      this.frameTimes.push(performance.now() - began);
      if (this.frameTimes.length > 600) this.frameTimes.shift();
    }
    if (this._overlayed !== position || this._drag) this._drawOverlay(position);
  }

  /** The strip above: drawn anew only when what it shows has changed. @param {any} scene */
  _drawMap(scene) {
    const { view, look } = this;
    const ratio = window.devicePixelRatio || 1;
    const shown = [scene.item.parts, look, view.width, scene.item.sources[0] && this.pictures.peaks(scene.item.sources[0].name)];
    if (!this._map || shown.some((x, i) => x !== this._mapOf[i])) {
      this._mapOf = shown;
      this._map = new OffscreenCanvas(Math.round(view.width * ratio), Math.round(MAP_HEIGHT * ratio));
      const g = /** @type {OffscreenCanvasRenderingContext2D} */ (this._map.getContext("2d"));
      g.setTransform(ratio, 0, 0, ratio, 0, 0);
      drawWhole(g, scene, MAP_HEIGHT);
    }
    this._g[3].drawImage(this._map, 0, 0, view.width, MAP_HEIGHT);
    drawFrame(this._g[3], scene, MAP_HEIGHT);
  }

  /** @param {number} position */
  _drawOverlay(position) {
    this._overlayed = position;
    const g = this._g[1];
    const { view, look, store } = this;
    g.clearRect(0, 0, view.width, view.height);
    if (store.range) {
      const [from, to] = store.range.map((t) => Math.max(GUTTER, view.x(t)));
      g.fillStyle = look.range;
      g.fillRect(from, 0, to - from, view.height);
    }
    if (this._drag?.kind === "box" && this._drag.isMoved) {
      const { x, y } = this._drag;
      g.strokeStyle = look.select;
      g.setLineDash([4, 3]);
      g.strokeRect(x, y, this._mouse[0] - x, this._mouse[1] - y);
      g.setLineDash([]);
    }
    const x = view.x(position);
    if (x >= GUTTER) {
      g.fillStyle = look.play;
      g.fillRect(Math.round(x), 0, 1.5, view.height);
    }
  }

  // --- the hand -------------------------------------------------------------------------------------------------------

  _listen() {
    /** @type {[number, number]} */
    this._mouse = [0, 0];
    const [, overlay, ruler, map] = this._canvases;
    overlay.addEventListener("pointerdown", (e) => this._down(e));
    overlay.addEventListener("pointermove", (e) => this._move(e));
    overlay.addEventListener("pointerup", (e) => this._up(e));
    overlay.addEventListener("pointercancel", () => this._cancel());
    overlay.addEventListener("dblclick", (e) => this._double(e));
    overlay.addEventListener("contextmenu", (e) => e.preventDefault());
    for (const canvas of [overlay, ruler]) canvas.addEventListener("wheel", (e) => this._wheel(e), { passive: false });
    ruler.addEventListener("pointerdown", (e) => this._rulerDown(e));
    ruler.addEventListener("pointermove", (e) => this._rulerMove(e));
    ruler.addEventListener("pointerup", (e) => this._rulerUp(e));
    map.addEventListener("pointerdown", (e) => {
      map.setPointerCapture(e.pointerId);
      this._mapTo(e);
    });
    map.addEventListener("pointermove", (e) => e.buttons && this._mapTo(e));
    map.addEventListener("dblclick", () => this.fit());
  }

  /** @param {PointerEvent} e */
  _mapTo(e) {
    const { view } = this;
    const time = ((e.offsetX - GUTTER) / (view.width - GUTTER)) * view.length;
    view.start = time - (view.width - GUTTER) / view.pxPerS / 2;
    view.clamp();
    this.redraw();
  }

  /** @param {WheelEvent} e */
  _wheel(e) {
    e.preventDefault();
    const { view } = this;
    const unit = e.deltaMode === 1 ? 20 : 1;
    if (e.ctrlKey || e.metaKey) view.zoom(Math.exp(-e.deltaY * unit * 0.0022), e.offsetX);
    else {
      const across = e.deltaX * unit + (e.shiftKey || view.contentHeight <= view.height ? e.deltaY * unit : 0);
      if (!e.shiftKey && view.contentHeight > view.height) view.scrollY += e.deltaY * unit;
      view.start += across / view.pxPerS;
      view.clamp();
    }
    this.redraw();
  }

  /** @param {number} time @returns {number} on the grid */
  snapped(time) {
    return this.snap ? this.tempo.toTime(Math.round(this.tempo.toQn(time) / this.snap) * this.snap) : time;
  }

  /** @param {PointerEvent} e */
  _down(e) {
    const { store, view } = this;
    this.roll.focus({ preventScroll: true });
    if (e.button === 1 || e.button === 2) {
      this._capture(e);
      this._drag = { kind: "pan", x: e.offsetX, y: e.offsetY, isMoved: false, before: new Set() };
      return;
    }
    const lane = view.laneAt(e.offsetY);
    if (!lane) return;
    this.endPreview();
    if (lane.index !== store.partIndex) store.choosePart(lane.index);
    if (e.offsetX < GUTTER) {
      void this.transport.audition(lane.index, view.pitchAt(lane, e.offsetY), 96);
      return;
    }
    const adds = e.shiftKey || e.ctrlKey || e.metaKey;
    const hit = view.hit(lane, e.offsetX, e.offsetY, this.showGhosts);
    this._capture(e);
    const before = new Set(store.selection);
    this._mouse = [e.offsetX, e.offsetY];
    if (hit?.isGhost) {
      store.change("Add candidate", actions.addGhosts(lane.part, [hit.note.id]));
      store.select([hit.note.id]);
      void this.transport.audition(lane.index, hit.note.pitch, hit.note.vel);
    } else if (hit) {
      if (adds) {
        const next = new Set(before);
        if (!next.delete(hit.note.id)) next.add(hit.note.id);
        store.select(next);
      } else if (!before.has(hit.note.id)) store.select([hit.note.id]);
      void this.transport.audition(lane.index, hit.note.pitch, hit.note.vel);
      const [x, , w] = view.box(lane, hit.note);
      const kind = lane.part.isDrums ? "move" : e.offsetX > x + w - EDGE_PX && w > 8 ? "end" : e.offsetX < x + EDGE_PX && w > 16 ? "start" : "move";
      this._drag = { kind, x: e.offsetX, y: e.offsetY, lane, note: hit.note, isMoved: false, before };
    } else {
      if (!adds) store.select([]);
      this._drag = { kind: "box", x: e.offsetX, y: e.offsetY, lane, isMoved: false, before: adds ? before : new Set() };
    }
    this.redraw();
  }

  /** @param {PointerEvent} e */
  _capture(e) {
    this._canvases[1].setPointerCapture(e.pointerId);
  }

  /** @param {PointerEvent} e */
  _move(e) {
    const drag = this._drag;
    const { view, store } = this;
    if (!drag) {
      this._hover(e);
      return;
    }
    if (drag.kind === "pan") {
      view.start -= (e.offsetX - this._mouse[0]) / view.pxPerS * (drag.isMoved ? 1 : 0);
      view.scrollY -= drag.isMoved ? e.offsetY - this._mouse[1] : 0;
      drag.isMoved = true;
      this._mouse = [e.offsetX, e.offsetY];
      view.clamp();
      this.redraw();
      return;
    }
    this._mouse = [e.offsetX, e.offsetY];
    drag.isMoved ||= Math.hypot(e.offsetX - drag.x, e.offsetY - drag.y) > SLACK_PX;
    if (!drag.isMoved || !drag.lane) return;
    if (drag.kind === "box") {
      store.select([...drag.before, ...this._inBox(drag)]);
    } else {
      const ops = this._dragOps(drag);
      this.preview = ops.length ? store.preview(ops) : null;
    }
    this.layOut();
  }

  /** @param {PointerEvent} e */
  _hover(e) {
    const lane = this.view.laneAt(e.offsetY);
    const canvas = this._canvases[1];
    canvas.style.cursor = "default";
    if (!lane || e.offsetX < GUTTER) return;
    const hit = this.view.hit(lane, e.offsetX, e.offsetY, this.showGhosts);
    if (!hit) return;
    const [x, , w] = this.view.box(lane, hit.note);
    const isEdge = !hit.isGhost && !lane.part.isDrums && ((e.offsetX > x + w - EDGE_PX && w > 8) || (e.offsetX < x + EDGE_PX && w > 16));
    canvas.style.cursor = hit.isGhost ? "copy" : isEdge ? "ew-resize" : "move";
  }

  /** @param {Drag} drag */
  _dragOps(drag) {
    const { view, store } = this;
    const lane = /** @type {Lane} */ (drag.lane);
    const note = /** @type {Note} */ (drag.note);
    const part = store.item.parts[lane.index];
    const notes = store.selected;
    const seconds = (this._mouse[0] - drag.x) / view.pxPerS;
    if (drag.kind === "end") return actions.stretch(part, notes, this.snapped(note.off + seconds) - note.off);
    if (drag.kind === "start") return actions.stretchStart(part, notes, this.snapped(note.on + seconds) - note.on);
    const isAcross = Math.abs(this._mouse[0] - drag.x) > SLACK_PX;
    const pitch = view.pitchAt(lane, this._mouse[1]) - view.pitchAt(lane, drag.y);
    const by = isAcross ? this.snapped(note.on + seconds) - note.on : 0;
    return by || pitch ? actions.move(part, notes, by, pitch) : [];
  }

  /** @param {Drag} drag @returns {string[]} */
  _inBox(drag) {
    const lane = /** @type {Lane} */ (drag.lane);
    const [left, right] = [drag.x, this._mouse[0]].sort((a, b) => a - b);
    const [top, bottom] = [drag.y, this._mouse[1]].sort((a, b) => a - b);
    return lane.part.sorted.filter((n) => {
      const [x, y, w, h] = this.view.box(lane, n);
      return x + w >= left && x <= right && y + h >= top && y <= bottom;
    }).map((n) => n.id);
  }

  /** @param {PointerEvent} e */
  _up(e) {
    const drag = this._drag;
    this._mouse = [e.offsetX, e.offsetY];
    this._drag = null;
    this.preview = null;
    if (drag?.isMoved && drag.lane && drag.kind !== "box" && drag.kind !== "pan") {
      const label = drag.kind === "move" ? "Move notes" : "Change length";
      this.store.change(label, this._dragOps({ ...drag, lane: this.view.lanes.find((l) => l.index === drag.lane?.index) ?? drag.lane }));
    } else if (drag?.kind === "box" && !drag.isMoved) {
      this.transport.seek(Math.max(0, this.view.time(e.offsetX)));
    }
    this.layOut();
  }

  _cancel() {
    this._drag = null;
    this.preview = null;
    this.layOut();
  }

  /** @param {MouseEvent} e */
  _double(e) {
    const { view, store } = this;
    const lane = view.laneAt(e.offsetY);
    if (!lane || e.offsetX < GUTTER) return;
    if (e.offsetY + view.scrollY < lane.top + HEAD) {
      this.toggleFocus();
      return;
    }
    if (view.hit(lane, e.offsetX, e.offsetY, false)) return;
    this.insertNote(this.snapped(view.time(e.offsetX)), view.pitchAt(lane, e.offsetY));
    store.say("select");
  }

  /** @param {number} time @param {number} pitch */
  insertNote(time, pitch) {
    const part = this.store.part;
    if (!part) return;
    const qn = this.tempo.toQn(time);
    const seconds = part.isDrums ? 0.1 : this.tempo.toTime(qn + (this.snap || 0.5)) - time;
    const id = this.store.newId();
    this.store.change(part.isDrums ? "Add stroke" : "Add note", actions.insert(part, time, seconds, pitch, () => id));
    this.store.select([id]);
    void this.transport.audition(this.store.partIndex, pitch, 90);
  }

  toggleFocus() {
    this.view.isFocused = !this.view.isFocused;
    this.view.scrollY = 0;
    this.layOut();
  }

  // --- the ruler: seek, mark a range, drag a beat (with Alt) or the bar lines (with Shift too) -------------------------------------------------------------

  /** @param {PointerEvent} e */
  _rulerDown(e) {
    this._canvases[2].setPointerCapture(e.pointerId);
    const beat = e.altKey ? this._beatAt(e.offsetX) : null;
    this._drag = { kind: !beat ? "range" : e.shiftKey ? "bar" : "beat", x: e.offsetX, y: 0, isMoved: false, before: new Set(), qn: beat ? Math.round(this.tempo.toQn(beat.time) * 4) / 4 : undefined };
  }

  /** @param {number} x */
  _beatAt(x) {
    const near = inSight(this.view, this.beats).map((b) => ({ ...b, far: Math.abs(this.view.x(b.time) - x) })).sort((a, b) => a.far - b.far)[0];
    return near && near.far < 8 ? near : null;
  }

  /** @param {PointerEvent} e */
  _rulerMove(e) {
    const drag = this._drag;
    if (!drag) {
      this._canvases[2].style.cursor = e.altKey && this._beatAt(e.offsetX) ? "ew-resize" : "text";
      return;
    }
    drag.isMoved ||= Math.abs(e.offsetX - drag.x) > SLACK_PX;
    if (!drag.isMoved) return;
    if (drag.kind !== "range") {
      const ops = this._gridOps(drag, e.offsetX);
      this.show(ops.length ? this.store.preview(ops) : null);
      return;
    }
    const [from, to] = [drag.x, e.offsetX].map((x) => this.snapped(Math.max(0, Math.min(this.view.length, this.view.time(x))))).sort((a, b) => a - b);
    this.store.range = to - from > 0.02 ? [from, to] : null;
    this.store.say("range");
    this.redraw();
  }

  /** A beat goes where it is dropped; a bar line to the beat nearest to there. @param {Drag} drag @param {number} x */
  _gridOps(drag, x) {
    const tempo = new Tempo(this.store.item.tempo);
    const time = this.view.time(x);
    return drag.kind === "beat" ? actions.moveBeat(tempo, drag.qn ?? 0, time) : actions.setDownbeat(tempo, tempo.toQn(time));
  }

  /** @param {PointerEvent} e */
  _rulerUp(e) {
    const drag = this._drag;
    this._drag = null;
    this.preview = null;
    if (drag && drag.kind !== "range" && drag.isMoved) {
      this.store.change(drag.kind === "beat" ? "Move beat" : "Move bar line", this._gridOps(drag, e.offsetX));
    } else if (drag && !drag.isMoved) this.transport.seek(Math.max(0, this.view.time(e.offsetX)));
    this.layOut();
  }
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
