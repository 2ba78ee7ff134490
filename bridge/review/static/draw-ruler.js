/** Draws what is above the picture: the ruler, and the strip with the whole item. */

import { MIN_BEAT_PX, closestBeats, inSight, wave } from "./draw.js";
import { partColour } from "./look.js";
import { GUTTER } from "./view.js";

/** @typedef {import("./draw.js").Scene} Scene */

/**
 * The ruler: bars, chords, sections.
 * @param {CanvasRenderingContext2D} g @param {Scene} scene @param {number} height @param {[number, number] | null} range @param {boolean} loops
 */
export function drawRuler(g, scene, height, range, loops) {
  const { view, look, item } = scene;
  g.fillStyle = look.paper;
  g.fillRect(0, 0, view.width, height);
  if (range) {
    g.fillStyle = loops ? partColour(look, 0) : look.wave;
    g.globalAlpha = loops ? 0.55 : 0.5;
    g.fillRect(view.x(range[0]), 0, Math.max(2, (range[1] - range[0]) * view.pxPerS), 15);
    g.globalAlpha = 1;
  }
  g.textBaseline = "middle";
  g.textAlign = "left";
  g.font = "11px system-ui, sans-serif";
  const closest = closestBeats(scene);
  let free = GUTTER;
  for (const beat of inSight(view, scene.beats)) {
    const x = Math.round(view.x(beat.time));
    if (beat.beat) {
      if (closest >= MIN_BEAT_PX) {
        g.fillStyle = look.bar;
        g.fillRect(x, 10, 1, 5);
      }
      continue;
    }
    if (x < free) continue;
    g.fillStyle = look.bar;
    g.fillRect(x, 0, 1, 15);
    g.fillStyle = look.soft;
    g.fillText(String(beat.bar), x + 3, 7);
    free = x + Math.max(34, g.measureText(String(beat.bar)).width + 12);
  }
  free = GUTTER;
  g.fillStyle = look.ink;
  for (const chord of item.chords) {
    const x = view.x(chord.onset_s);
    if (x < free || x > view.width || chord.symbol === "N") continue;
    g.fillText(chord.symbol, x + 2, 25);
    free = x + g.measureText(chord.symbol).width + 10;
  }
  g.fillStyle = look.soft;
  g.textAlign = "right";
  g.fillText("bar", GUTTER - 6, 7);
  if (item.chords.length) g.fillText("chord", GUTTER - 6, 25);
  g.textAlign = "left";
  for (const section of item.sections) {
    const x = view.x(section.onset_s);
    if (x < GUTTER || x > view.width) continue;
    g.fillStyle = look.bar;
    g.fillRect(x, 15, 2, height - 15);
    if (item.chords.length) continue;
    g.fillStyle = look.ink;
    g.fillText(section.name, x + 5, 25);
  }
  g.fillStyle = look.paper;
}

/** The strip with the whole item, without the frame that shows what is in sight. @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} g @param {Scene} scene @param {number} height */
export function drawWhole(g, scene, height) {
  const { view, look, item } = scene;
  g.fillStyle = look.paper;
  g.fillRect(0, 0, view.width, height);
  const pxPerS = (view.width - GUTTER) / Math.max(0.1, view.length);
  const source = item.sources[0];
  const peaks = source && scene.pictures.peaks(source.name);
  if (peaks) {
    g.fillStyle = look.wave;
    wave(g, peaks, source.rate, 0, pxPerS, GUTTER, view.width, 2, height - 4);
  }
  g.globalAlpha = 0.7;
  item.parts.forEach((part, index) => {
    const y = 4 + ((height - 10) * index) / Math.max(1, item.parts.length);
    g.fillStyle = partColour(look, index);
    let free = -1;
    for (const note of part.sorted) {
      const x = GUTTER + note.on * pxPerS;
      if (x < free) continue;
      const width = Math.max(1, (note.off - note.on) * pxPerS);
      g.fillRect(x, y, width, 2);
      free = x + width;
    }
  });
  g.globalAlpha = 1;
}

/** The frame on the strip. @param {CanvasRenderingContext2D} g @param {Scene} scene @param {number} height */
export function drawFrame(g, scene, height) {
  const { view, look } = scene;
  const pxPerS = (view.width - GUTTER) / Math.max(0.1, view.length);
  const x = GUTTER + view.start * pxPerS;
  const width = Math.max(8, ((view.width - GUTTER) / view.pxPerS) * pxPerS);
  g.fillStyle = look.range;
  g.fillRect(x, 0, width, height);
  g.strokeStyle = look.soft;
  g.lineWidth = 1;
  g.strokeRect(x + 0.5, 0.5, Math.min(width, view.width - x) - 1, height - 1);
}
