// How long a WAV is.
"use strict";

const fs = require("node:fs");

/**
 * Length of a WAV in seconds.
 * @param {string} file
 */
function wavSeconds(file) {
  const handle = fs.openSync(file, "r");
  try {
    return soundSeconds(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/**
 * The size of the sound over the bytes a second, both from the heads of the chunks; 0 where one is missing.
 * @param {number} handle
 */
function soundSeconds(handle) {
  const head = Buffer.alloc(8);
  let place = 12, bytesASecond = 0;
  while (fs.readSync(handle, head, 0, 8, place) === 8) {
    const name = head.toString("latin1", 0, 4), size = head.readUInt32LE(4);
    if (name === "data") return bytesASecond ? size / bytesASecond : 0;
    if (name === "fmt ") {
      fs.readSync(handle, head, 0, 4, place + 16);
      bytesASecond = head.readUInt32LE(0);
    }
    place += 8 + size + (size % 2);
  }
  return 0;
}

module.exports = { wavSeconds };
