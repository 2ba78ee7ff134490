/** The picture: canvases, redrawing, scrolling. */

import * as actions from "./actions.js";
import { drawFrame, drawRuler, drawWhole } from "./draw-ruler.js";
import { drawPicture } from "./draw.js";
import { isDarkNow, lookOf } from "./look.js";
import { Tempo } from "./model.js";
import { PictureHand } from "./picture-hand.js";
import { Pictures } from "./pictures.js";
import { RulerHand } from "./ruler-hand.js";
import { GUTTER, View } from "./view.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./transport.js").Transport} Transport */

const MAP_HEIGHT = 40;
const RULER_HEIGHT = 34;

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
    /** @type {OffscreenCanvas | null} */ this._map = null;
    /** @type {any[]} */ this._mapOf = [];
    this._dirty = true;
    this.roll = byId("roll");
    this._canvases = ["picture", "overlay", "ruler", "map"].map((id) => /** @type {HTMLCanvasElement} */ (byId(id)));
    this._g = this._canvases.map((c) => /** @type {CanvasRenderingContext2D} */ (c.getContext("2d")));
    new ResizeObserver(() => this.resize()).observe(this.roll);
    this.picture = new PictureHand(this, this._canvases[1]);
    this.ruler = new RulerHand(this, this._canvases[2]);
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
    if (this.preview && !this.isDragging) this.show(null);
  }

  get isDragging() { return Boolean(this.picture.drag || this.ruler.drag); }

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
    if (transport.isPlaying && this.follows && !this.isDragging) {
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
    if (this._overlayed !== position || this.isDragging) this._drawOverlay(position);
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
    const { box } = this.picture;
    if (box) {
      g.strokeStyle = look.select;
      g.setLineDash([4, 3]);
      g.strokeRect(...box);
      g.setLineDash([]);
    }
    const x = view.x(position);
    if (x >= GUTTER) {
      g.fillStyle = look.play;
      g.fillRect(Math.round(x), 0, 1.5, view.height);
    }
  }

  // --- the wheel, the strip -------------------------------------------------------------------------------------------------------

  _listen() {
    const [, overlay, ruler, map] = this._canvases;
    for (const canvas of [overlay, ruler]) canvas.addEventListener("wheel", (e) => this._wheel(e), { passive: false });
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
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
