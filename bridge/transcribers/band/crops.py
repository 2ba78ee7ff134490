"""Cut out the second net's view of one onset: its harmonics, who else sounds there, the first net's layer, its place.

Training imports this module, so that a model is always run on what it was trained on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.note_maps.features import BINS, MIN_KEY, PER_SEMITONE
from bridge.transcribers.band.features import KEYS

Array = npt.NDArray[np.float32]
Onsets = npt.NDArray[np.int64]

LOW, PITCHES = 21, 88
"""The first net's keys."""
HIDDEN = 96
"""Channels of the first net's layer."""
BEFORE, STEPS = 3, 26
"""Half frames of 23 ms: of a crop before the onset, and in all (0.6 s)."""
HARMONICS = (0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14)
"""Multiples of a key's frequency that a crop holds."""
SHIFTS = tuple(round(12 * float(np.log2(h))) for h in HARMONICS)
"""The same in semitones."""
PLACED = (0, 12, 19, 24)
"""Semitones above the key whose place is looked up."""
STACK = len(HARMONICS) * PER_SEMITONE * 2
MAPS = 3
"""The first net's own view of the key: onset, frame, offset."""
CHANNELS = STACK + len(HARMONICS) + MAPS + HIDDEN + 2 * len(PLACED)
"""Rows of a crop, in this order."""


def _bins() -> npt.NDArray[np.int64]:
    """(PITCHES, harmonics * PER_SEMITONE) bins of the spectrogram; BINS is silence."""
    base = (np.arange(PITCHES)[:, None, None] + LOW - MIN_KEY) * PER_SEMITONE + np.arange(PER_SEMITONE)
    bins = base + np.round(12 * PER_SEMITONE * np.log2(np.array(HARMONICS)))[None, :, None]
    return np.where((bins < 0) | (bins >= BINS), BINS, bins).astype(np.int64).reshape(PITCHES, -1)


STACK_BINS = _bins()


def _halves(x: Array) -> Array:
    """(frames / 2, ...): the greater of every two frames."""
    return np.asarray(np.maximum(x[0::2], x[1::2]))


def others(frame: Array) -> Array:
    """(frames, PITCHES + margins) how much of all sounding keys' partials falls on each key, twelve keys below too."""
    low, high = 12, max(SHIFTS)
    out = np.zeros((len(frame), low + PITCHES + high), np.float32)
    for shift in SHIFTS[1:]:
        out[:, low + shift : low + shift + PITCHES] += frame
    return out


def crops(mid: Array, place: Array, maps: Array, hidden: Array, onsets: Onsets) -> Array:
    """(n, CHANNELS, STEPS) of the onsets (n, 2: frame, key from 0).

    Args:
        mid: (frames, BINS) dB, frames even.
        place: (frames / 2, KEYS, 2).
        maps: (at least 3, frames, PITCHES) onset, frame and offset probabilities.
        hidden: (HIDDEN, frames / 2, PITCHES).
        onsets: frames must lie within.
    """
    if not len(onsets):
        return np.zeros((0, CHANNELS, STEPS), np.float32)
    steps = len(mid) // 2
    edge = (BEFORE, STEPS)
    keys = onsets[:, 1]
    when = onsets[:, 0, None] // 2 + np.arange(STEPS)
    level = np.clip((mid + 100) / 90, 0, 1.2).reshape(steps, 2, BINS)
    level = np.pad(level, (edge, (0, 0), (0, 1)))
    stack = level[when[:, :, None, None], np.arange(2)[:, None], STACK_BINS[keys][:, None, None, :]]
    frame = _halves(maps[1])
    total = np.pad(others(frame), (edge, (0, 0)))
    own = np.pad(frame, (edge, (0, 0)))[when, keys[:, None]]
    rows = 12 + keys[:, None] + np.asarray(SHIFTS)
    foreign = np.clip(total[when[:, :, None], rows[:, None, :]] - own[:, :, None] * (np.asarray(SHIFTS) >= 0), 0, 1)
    curves = np.stack([np.pad(_halves(m), (edge, (0, 0)))[when, keys[:, None]] for m in maps[:MAPS]], -1)
    # The layer is large: looked up where it is, not copied to be padded.
    inside = (when >= BEFORE) & (when < BEFORE + steps)
    layer = hidden[:, np.clip(when - BEFORE, 0, steps - 1), keys[:, None]] * inside
    seats = np.clip(keys[:, None] + LOW - MIN_KEY + np.asarray(PLACED), 0, KEYS - 1)
    stands = np.pad(place, (edge, (0, 0), (0, 0)))[when[:, :, None], seats[:, None, :]]
    flat = [
        stack.reshape(len(onsets), STEPS, -1),
        foreign,
        curves,
        layer.transpose(1, 2, 0),
        stands.reshape(len(onsets), STEPS, -1),
    ]
    return np.ascontiguousarray(np.concatenate(flat, 2).transpose(0, 2, 1), np.float32)
