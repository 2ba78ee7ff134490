"""Define what every pitch tracker delivers, frame by frame, for the segmentation into notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bridge.audio.recording import Sound
from bridge.audio.spectra import Array

FPS = 100
"""Frames a second: 10 ms is what an ear can tell of a rhythm, and a fifth of the shortest notes."""
BLOCK_FRAMES = 1000
"""Frames per block, 10 s: a report every few tenths of a second of work."""

NEAR = 0.3
"""Semitones: closer to a key than this, a pitch counts for that key alone."""


@dataclass(frozen=True, slots=True)
class Track:
    """A block of a tracker's answer.

    Frame i lies i / FPS after the block's start.
    """

    keys: Array
    """(frames, keys): probability that the voice sounds each key; what is missing to 1 is unpitched."""
    pitch: Array
    """(frames,): the likeliest pitch, a MIDI number with fraction; NaN where there is none."""


class Tracker(Protocol):
    """Follows the pitch of one voice."""

    lowest: int
    """MIDI number of the first column of the tracks' keys."""
    count: int
    """Columns."""

    def track(self, recording: Sound, first: int) -> Track:
        """The ``BLOCK_FRAMES`` frames from frame ``first`` on."""


def spread(frames: int, lowest: int, count: int, at: npt.NDArray[np.intp], pitch: Array, probability: Array) -> Array:
    """(frames, count): probabilities of candidate pitches, collected per key.

    A candidate halfway between two keys counts for both, so that a note that is out of tune or sung
    with vibrato does not fall apart.

    Args:
        frames: rows.
        lowest: MIDI number of column 0.
        count: columns.
        at: (candidates,) frame of each candidate.
        pitch: (candidates,) its MIDI pitch with fraction.
        probability: (candidates,) its probability.
    """
    out = np.zeros((frames, count), np.float32)
    nearest = np.rint(pitch)
    away = pitch - nearest
    share = 0.5 * np.clip((np.abs(away) - NEAR) / (0.5 - NEAR), 0, 1)
    for key, weight in ((nearest, np.ones_like(share)), (nearest + np.sign(away), share)):
        column = key.astype(int) - lowest
        inside = (column >= 0) & (column < count) & (weight > 0)
        np.add.at(out, (at[inside], column[inside]), (probability * weight)[inside])
    return np.minimum(out, 1)
