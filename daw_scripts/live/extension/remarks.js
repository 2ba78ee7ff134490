// What the musician should know of a result: its warnings, and what no extension can put into Live.
"use strict";

const path = require("node:path");
const { isInside, line } = require("./result");

/** @import { Run } from "./run" */
/** @import { Row } from "./types" */

/** Characters of a warning: more fits no dialog. */
const MAX_WARNING = 500;
const AS_A_WHOLE = "begin and loop as a whole: no extension can set markers; set them as those of the clip.";

/**
 * Name the clips whose loop differs from that of the new ones.
 * @param {Run} run
 * @param {Row[]} rows
 */
function remarkLoops(run, rows) {
  const isLost = (/** @type {Row} */ { live: { place: { loop } } }) => loop && (loop.start > 0 || loop.loop_start > 0);
  for (const item of new Set(rows.filter(isLost).map((row) => row.item))) {
    run.said.push(`The new clips of "${item}" ${AS_A_WHOLE}`);
  }
}

/**
 * Say which parts lost their bends, and hand on the warnings.
 * @param {Run} run
 * @param {any} result
 * @param {Row[]} rows
 * @param {string} folder of the job
 */
function remark(run, result, rows, folder) {
  const bent = [...new Set(rows.filter((row) => row.isBent).map((row) => row.name))].join(", ");
  const midi = result.items.map((/** @type {any} */ item) => item.midi).find(isInside);
  if (bent && midi) {
    const file = path.join(folder, midi);
    run.said.push(`Live takes no pitch bends from an extension: drag ${file} into the Set to have those of ${bent}.`);
  }
  for (const { warnings } of [...result.items, result]) {
    const texts = Array.isArray(warnings) ? warnings.filter((text) => typeof text === "string") : [];
    run.said.push(...texts.map((text) => line(text, MAX_WARNING)));
  }
}

module.exports = { remark, remarkLoops };
