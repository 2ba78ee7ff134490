// From the seconds of a file to the beats of its clip and back.
"use strict";

const { Sentence } = require("./sentence");

/** Straight lines between warp markers, going on beyond the first and the last. */
class WarpMap {
  /** @param {number[][]} markers pairs of (second, beat) */
  constructor(markers) {
    /** @type {[number, number][]} */
    this.markers = [];
    for (const [second = 0, beat = 0] of [...markers].sort((a, b) => (a[1] ?? 0) - (b[1] ?? 0))) {
      const last = this.markers.at(-1);
      if (!last || (second > last[0] && beat > last[1])) this.markers.push([second, beat]);
    }
    if (this.markers.length < 2) throw new Sentence("This clip is not analysed yet; play it once and try again.");
  }

  /**
   * The two markers around a value.
   * @param {0 | 1} from which of a marker's two numbers `value` is
   * @param {number} value
   */
  line(from, value) {
    let at = this.markers.findLastIndex((m) => m[from] <= value);
    at = Math.min(Math.max(at, 0), this.markers.length - 2);
    return /** @type {[[number, number], [number, number]]} */ ([this.markers[at], this.markers[at + 1]]);
  }

  /** @param {number} second */
  toBeat(second) {
    const [[s0, b0], [s1, b1]] = this.line(0, second);
    return b0 + ((second - s0) * (b1 - b0)) / (s1 - s0);
  }

  /** @param {number} beat */
  toSecond(beat) {
    const [[s0, b0], [s1, b1]] = this.line(1, beat);
    return s0 + ((beat - b0) * (s1 - s0)) / (b1 - b0);
  }

  /** @param {number} second */
  secondsABeat(second) {
    const [[s0, b0], [s1, b1]] = this.line(0, second);
    return (s1 - s0) / (b1 - b0);
  }
}

module.exports = { WarpMap };
