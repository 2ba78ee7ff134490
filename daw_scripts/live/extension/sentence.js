// The errors that a musician may read.
"use strict";

/** An error whose text is for the musician. */
class Sentence extends Error {}

module.exports = { Sentence };
