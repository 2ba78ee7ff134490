/** Spectrogram tiles and waveforms from the daemon: fetched when they come into sight, kept while there is room. */

import { getBytes } from "./api.js";

export const TILE = { rows: 264, columns: 512, hop: 512, rate: 22050, low: 21, perKey: 3, coarser: 4, levels: 3 };
const MAX_TILES = 400;
const MAX_LOADING = 3;

/** @typedef {{data: Uint8Array | null, image: ImageBitmap | null, used: number}} Tile */

export class Pictures {
  /** @param {() => string} base address of the item @param {() => void} onLoad */
  constructor(base, onLoad) {
    this._base = base;
    this._onLoad = onLoad;
    /** @type {Map<string, Tile>} */ this._tiles = new Map();
    /** @type {Map<string, Int8Array>} */ this._peaks = new Map();
    /** @type {string[]} newest wish last */ this._wishes = [];
    this._loading = 0;
    this._clock = 0;
    /** @type {Uint32Array | null} */ this._map = null;
  }

  /** Use other colours. @param {Uint32Array} map */
  recolour(map) {
    this._map = map;
    for (const tile of this._tiles.values()) if (tile.data) void this._paint(tile);
  }

  /** @param {number} level @returns {number} seconds of a tile */
  static seconds(level) { return ((TILE.columns * TILE.hop) / TILE.rate) * TILE.coarser ** level; }

  /** @param {number} pxPerS @returns {number} the level that is sharp enough */
  static level(pxPerS) {
    let level = 0;
    while (level < TILE.levels - 1 && (TILE.columns / Pictures.seconds(level + 1)) * 1.6 >= pxPerS) level++;
    return level;
  }

  /** @param {string} source @param {number} level @param {number} index @returns {ImageBitmap | null} */
  tile(source, level, index) {
    const key = `${source}/${level}/${index}`;
    let tile = this._tiles.get(key);
    if (!tile) {
      tile = { data: null, image: null, used: 0 };
      this._tiles.set(key, tile);
      this._wishes.push(key);
      this._next();
    }
    tile.used = ++this._clock;
    return tile.image;
  }

  /** @param {string} source @returns {Int8Array | null} lowest and highest by turns */
  peaks(source) {
    const found = this._peaks.get(source);
    if (found === undefined) {
      this._peaks.set(source, new Int8Array(0));
      getBytes(`${this._base()}/peaks/${source}`).then((data) => {
        this._peaks.set(source, new Int8Array(data));
        this._onLoad();
      }, () => undefined);
    }
    return found?.length ? found : null;
  }

  _next() {
    while (this._loading < MAX_LOADING && this._wishes.length) {
      const key = /** @type {string} */ (this._wishes.pop());
      const tile = this._tiles.get(key);
      // One that scrolled by long ago is wished for again when it is seen again.
      if (!tile || tile.used < this._clock - 2000) {
        this._tiles.delete(key);
        continue;
      }
      this._loading++;
      getBytes(`${this._base()}/tiles/${key}`).then(async (data) => {
        tile.data = new Uint8Array(data);
        await this._paint(tile);
        this._onLoad();
      }, () => this._tiles.delete(key)).finally(() => {
        this._loading--;
        this._trim();
        this._next();
      });
    }
  }

  /** @param {Tile} tile */
  async _paint(tile) {
    if (!tile.data || !this._map) return;
    const image = new ImageData(TILE.columns, TILE.rows);
    const pixels = new Uint32Array(image.data.buffer);
    const map = this._map;
    for (let i = 0; i < pixels.length; i++) pixels[i] = map[tile.data[i]];
    const bitmap = await createImageBitmap(image);
    tile.image?.close();
    tile.image = bitmap;
    this._onLoad();
  }

  _trim() {
    if (this._tiles.size <= MAX_TILES) return;
    const byUse = [...this._tiles].filter(([, t]) => t.image).sort((a, b) => a[1].used - b[1].used);
    for (const [key, tile] of byUse.slice(0, this._tiles.size - MAX_TILES)) {
      tile.image?.close();
      this._tiles.delete(key);
    }
  }
}
