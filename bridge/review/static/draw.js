/** Draws the picture: spectrogram or waveform, grid, notes and bends. Only what is in sight; nothing per note in the DOM. */

import { counted } from "./dom.js";
import { firstFrom, pitchName } from "./model.js";
import { partColour } from "./look.js";
import { Pictures, TILE } from "./pictures.js";
import { GUTTER, HEAD, drumName, longest } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Lane} Lane */
/** @typedef {import("./look.js").Look} Look */
/** @typedef {import("./model.js").Note} Note */
/** @typedef {import("./model.js").Item} Item */
/** @typedef {{time: number, bar: number, beat: number}} Beat */

const BLACK = new Set([1, 3, 6, 8, 10]);
/** Beats that are closer are not drawn. */
export const MIN_BEAT_PX = 7;
const LEVELS = 5;
/** Below it candidates have no outline: nobody could click them, and dashes are slow. */
const FAR_PX_PER_S = 14;
const MIN_OPACITY = 0.32;

/**
 * @typedef {{view: View, item: Item, look: Look, pictures: Pictures, beats: Beat[], active: number, selection: Set<string>,
 *   ghosts: boolean, showSound: boolean, preview: Item | null}} Scene
 */

/** @param {CanvasRenderingContext2D} g @param {Scene} scene */
export function drawPicture(g, scene) {
  const { view, look } = scene;
  g.fillStyle = look.paper;
  g.fillRect(0, 0, view.width, view.height);
  for (const lane of view.lanes) {
    if (lane.top - view.scrollY > view.height || lane.top + lane.height < view.scrollY) continue;
    const top = lane.top - view.scrollY;
    g.save();
    g.beginPath();
    g.rect(0, top, view.width, lane.height);
    g.clip();
    drawGround(g, scene, lane);
    drawBeats(g, scene, top + HEAD, lane.height - HEAD);
    if (scene.ghosts) drawGhosts(g, scene, lane);
    drawNotes(g, scene, lane);
    drawBends(g, scene, lane);
    drawHead(g, scene, lane);
    g.restore();
  }
  g.fillStyle = look.bar;
  for (const lane of view.lanes) g.fillRect(0, lane.top + lane.height - view.scrollY - 1, view.width, 1);
}

/** @param {CanvasRenderingContext2D} g @param {Scene} scene @param {Lane} lane */
function drawGround(g, scene, lane) {
  const { view, look } = scene;
  const top = lane.top - view.scrollY;
  g.fillStyle = look.lane;
  g.fillRect(GUTTER, top, view.width, lane.height);
  if (scene.showSound) {
    if (lane.keys.length) drawWave(g, scene, lane);
    else drawSpectrogram(g, scene, lane);
  }
  if (lane.keys.length) {
    g.fillStyle = look.black;
    g.globalAlpha = 0.55;
    lane.keys.forEach((key, i) => i % 2 && g.fillRect(GUTTER, view.y(lane, key), view.width, lane.row));
    g.globalAlpha = 1;
  } else if (!scene.showSound) {
    g.fillStyle = look.black;
    for (let p = lane.low; p <= lane.high; p++) if (BLACK.has(p % 12)) g.fillRect(GUTTER, view.y(lane, p), view.width, lane.row);
  }
}

/** @param {Scene} scene @param {Lane} lane @returns {string} the sound behind a lane */
function sourceOf(scene, lane) {
  const names = scene.item.sources.map((s) => s.name);
  return names.includes(lane.part.stem) ? lane.part.stem : names[0] ?? "";
}

/** @param {CanvasRenderingContext2D} g @param {Scene} scene @param {Lane} lane */
function drawSpectrogram(g, scene, lane) {
  const { view, pictures } = scene;
  const source = sourceOf(scene, lane);
  if (!source) return;
  const level = Pictures.level(view.pxPerS);
  const seconds = Pictures.seconds(level);
  const last = Math.min(view.end, view.length);
  const high = Math.min(lane.high, TILE.low + 87);
  const low = Math.max(lane.low, TILE.low);
  const from = TILE.rows - TILE.perKey * (high - TILE.low + 1);
  const rows = TILE.perKey * (high - low + 1);
  const y = view.y(lane, high);
  const height = (high - low + 1) * lane.row;
  for (let index = Math.max(0, Math.floor(view.start / seconds)); index * seconds < last; index++) {
    const image = pictures.tile(source, level, index);
    if (image) g.drawImage(image, 0, from, TILE.columns, rows, view.x(index * seconds), y, seconds * view.pxPerS + 0.5, height);
  }
}

/** @param {CanvasRenderingContext2D} g @param {Scene} scene @param {Lane} lane */
function drawWave(g, scene, lane) {
  const source = sourceOf(scene, lane);
  const known = scene.item.sources.find((s) => s.name === source);
  const peaks = known && scene.pictures.peaks(source);
  if (!known || !peaks) return;
  const top = lane.top - scene.view.scrollY + HEAD;
  g.fillStyle = scene.look.wave;
  g.globalAlpha = 0.55;
  wave(g, peaks, known.rate, scene.view.start, scene.view.pxPerS, GUTTER, scene.view.width, top, lane.height - HEAD);
  g.globalAlpha = 1;
}

/**
 * A waveform in one path.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} g @param {Int8Array} peaks @param {number} rate @param {number} start @param {number} pxPerS
 * @param {number} left @param {number} right @param {number} top @param {number} height
 */
export function wave(g, peaks, rate, start, pxPerS, left, right, top, height) {
  const perS = rate / 512;
  const middle = top + height / 2;
  const scale = height / 2 / 127;
  for (let x = left; x < right; x++) {
    const first = Math.floor((start + (x - left) / pxPerS) * perS);
    const end = Math.min(peaks.length / 2, Math.max(first + 1, Math.floor((start + (x + 1 - left) / pxPerS) * perS)));
    if (first < 0 || first >= end) continue;
    let low = 127;
    let high = -127;
    // At most 40 pairs a pixel: from far away every so many-th is as good.
    const step = Math.max(1, Math.floor((end - first) / 40));
    for (let i = first; i < end; i += step) {
      if (peaks[i * 2] < low) low = peaks[i * 2];
      if (peaks[i * 2 + 1] > high) high = peaks[i * 2 + 1];
    }
    g.fillRect(x, middle - high * scale, 1, Math.max(1, (high - low) * scale));
  }
}

/** @param {CanvasRenderingContext2D} g @param {Scene} scene @param {number} top @param {number} height */
function drawBeats(g, scene, top, height) {
  const { view, beats, look } = scene;
  const closest = closestBeats(scene);
  for (const beat of inSight(view, beats)) {
    if (beat.beat && closest < MIN_BEAT_PX) continue;
    if (!beat.beat && closest * 4 < MIN_BEAT_PX && (beat.bar - 1) % 4) continue;
    g.fillStyle = beat.beat ? look.beat : look.bar;
    g.fillRect(Math.round(view.x(beat.time)), top, 1, height);
  }
}

/** @param {Scene} scene @returns {number} pixels between two beats */
export function closestBeats({ view, beats }) {
  return beats.length > 1 ? ((beats[beats.length - 1].time - beats[0].time) / (beats.length - 1)) * view.pxPerS : 100;
}

/** @param {View} view @param {Beat[]} beats @returns {Beat[]} */
export function inSight(view, beats) {
  let low = 0;
  let high = beats.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (beats[middle].time < view.start) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < beats.length && beats[end].time <= view.end) end++;
  return beats.slice(low, end);
}

/** @param {View} view @param {Lane} lane @param {Note[]} notes @param {(note: Note) => void} use */
function each(view, lane, notes, use) {
  const end = view.end;
  for (let i = firstFrom(notes, view.start - longest(lane.part)); i < notes.length && notes[i].on <= end; i++) {
    if (notes[i].off >= view.start) use(notes[i]);
  }
}

/** @param {CanvasRenderingContext2D} g @param {Scene} scene @param {Lane} lane */
function drawNotes(g, scene, lane) {
  const { view, look } = scene;
  /** @type {Note[][]} notes by how sure they are: few changes of colour are quick */
  const levels = Array.from({ length: LEVELS }, () => []);
  /** @type {Note[]} */
  const selected = [];
  const isCovered = covering(view);
  each(view, lane, lane.part.sorted, (note) => {
    if (isCovered(note) && !scene.selection.has(note.id)) return;
    levels[Math.min(LEVELS - 1, Math.floor(note.conf * LEVELS))].push(note);
    if (lane.index === scene.active && scene.selection.has(note.id)) selected.push(note);
  });
  const edge = lane.row > 4;
  g.fillStyle = partColour(look, lane.index);
  levels.forEach((notes, i) => {
    g.globalAlpha = MIN_OPACITY + ((1 - MIN_OPACITY) * (i + 1)) / LEVELS;
    for (const note of notes) {
      const [x, y, w, h] = view.box(lane, note);
      g.fillRect(x, y, edge && w > 4 ? w - 1 : w, h);
    }
  });
  g.globalAlpha = 1;
  if (edge) {
    // Loudness: a bar at the note's start.
    g.fillStyle = look.isDark ? "#0c1016" : "#ffffff";
    for (const notes of levels) for (const note of notes) {
      const [x, y, w, h] = view.box(lane, note);
      const rest = h * (1 - note.vel / 127);
      if (w > 8 && lane.row > 7 && !lane.keys.length) g.fillRect(x + 1, y + 1, 2, Math.max(0, rest - 1));
    }
  }
  g.strokeStyle = look.select;
  g.lineWidth = 2;
  for (const note of selected) {
    const [x, y, w, h] = view.box(lane, note);
    g.strokeRect(x - 1, y - 1, w + 2, h + 2);
  }
}

/**
 * From far away many notes of a key fall on one pixel: one of them is drawn.
 * @param {View} view @returns {(note: Note) => boolean} whether a note lies where one was drawn
 */
function covering(view) {
  const ends = new Float64Array(128).fill(-1);
  const pixel = 1 / view.pxPerS;
  return (note) => {
    if (note.off < ends[note.pitch] + pixel) return true;
    ends[note.pitch] = Math.max(note.off, note.on + pixel);
    return false;
  };
}

/** @param {CanvasRenderingContext2D} g @param {Scene} scene @param {Lane} lane */
function drawGhosts(g, scene, lane) {
  const { view, look } = scene;
  g.strokeStyle = partColour(look, lane.index);
  g.fillStyle = look.lane;
  g.lineWidth = 1;
  g.setLineDash([3, 2]);
  const isActive = lane.index === scene.active;
  const isFar = view.pxPerS < FAR_PX_PER_S;
  const isCovered = covering(view);
  if (isFar) g.fillStyle = partColour(look, lane.index);
  each(view, lane, lane.part.sortedGhosts, (note) => {
    if (isFar && isCovered(note)) return;
    const [x, y, w, h] = view.box(lane, note);
    if (isFar) {
      g.globalAlpha = 0.22;
      g.fillRect(x, y, w, h);
      return;
    }
    if (w < 1 || y < lane.top - view.scrollY) return;
    g.globalAlpha = 0.35;
    g.fillRect(x, y, w, h);
    g.globalAlpha = isActive ? 0.95 : 0.55;
    g.strokeRect(x + 0.5, y + 0.5, Math.max(2, w - 1), Math.max(2, h - 1));
    if (isActive && scene.selection.has(note.id)) {
      g.setLineDash([]);
      g.lineWidth = 2;
      g.strokeStyle = look.select;
      g.strokeRect(x - 1, y - 1, w + 2, h + 2);
      g.strokeStyle = partColour(look, lane.index);
      g.lineWidth = 1;
      g.setLineDash([3, 2]);
    }
  });
  g.setLineDash([]);
  g.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} g @param {Scene} scene @param {Lane} lane */
function drawBends(g, scene, lane) {
  const { view, look } = scene;
  const bends = lane.part.bends;
  if (!bends.length || lane.row < 3) return;
  g.strokeStyle = look.ink;
  g.lineWidth = 1.3;
  g.beginPath();
  each(view, lane, lane.part.sorted, (note) => {
    let i = lastBend(bends, note.on);
    const y = (/** @type {number} */ semitones) => view.y(lane, note.pitch + semitones) + lane.row / 2;
    let isDrawn = false;
    let last = i >= 0 ? bends[i][1] : 0;
    let from = note.on;
    for (i++; i <= bends.length; i++) {
      const [time, next] = i < bends.length ? bends[i] : [Infinity, 0];
      const until = Math.min(time, note.off);
      if (Math.abs(last) > 0.04 || isDrawn) {
        if (!isDrawn) g.moveTo(view.x(from), y(last));
        isDrawn = true;
        g.lineTo(view.x(from), y(last));
        g.lineTo(view.x(until), y(last));
      }
      if (time >= note.off) break;
      from = time;
      last = next;
    }
  });
  g.stroke();
}

/** @param {[number, number][]} bends @param {number} time @returns {number} index of the last at or before it, or -1 */
function lastBend(bends, time) {
  let low = 0;
  let high = bends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bends[middle][0] <= time + 1e-4) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** @param {CanvasRenderingContext2D} g @param {Scene} scene @param {Lane} lane */
function drawHead(g, scene, lane) {
  const { view, look } = scene;
  const top = lane.top - view.scrollY;
  g.fillStyle = look.paper;
  g.fillRect(0, top, GUTTER, lane.height);
  g.fillRect(0, top, view.width, HEAD - 1);
  g.fillStyle = partColour(look, lane.index);
  g.fillRect(0, top, lane.index === scene.active ? 5 : 3, lane.height);
  g.font = "600 12px system-ui, sans-serif";
  g.textBaseline = "middle";
  g.textAlign = "left";
  g.fillText(lane.part.name, 10, top + HEAD / 2);
  const width = Math.max(GUTTER - 12, g.measureText(lane.part.name).width + 8);
  g.fillStyle = look.soft;
  g.font = "11px system-ui, sans-serif";
  const ghosts = lane.part.ghosts.size ? `, ${counted(lane.part.ghosts.size, "candidate")}` : "";
  g.fillText(`${counted(lane.part.notes.size)}${ghosts}`, 10 + width, top + HEAD / 2);
  g.textAlign = "right";
  g.font = "10px system-ui, sans-serif";
  if (lane.keys.length) {
    if (lane.row >= 9) for (const key of lane.keys) g.fillText(drumName(lane.part, key), GUTTER - 5, view.y(lane, key) + lane.row / 2);
  } else {
    for (let p = lane.low; p <= lane.high; p++) {
      const y = view.y(lane, p);
      if (lane.row >= 3) {
        g.fillStyle = BLACK.has(p % 12) ? (look.isDark ? "#0b0d11" : "#39414d") : look.isDark ? "#cfd6e0" : "#ffffff";
        g.fillRect(GUTTER - 14, y, 13, Math.max(1, lane.row - (lane.row > 5 ? 1 : 0)));
      }
      if (p % 12 === 0 || lane.row >= 11) {
        g.fillStyle = look.soft;
        g.fillText(pitchName(p), GUTTER - 18, y + lane.row / 2);
      }
    }
    g.fillStyle = look.bar;
    g.fillRect(GUTTER - 1, top + HEAD, 1, lane.height);
  }
}
