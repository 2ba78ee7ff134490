"""Pitch bends: how a voice moves away from the keys that its notes were given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.audio.spectra import Array
from bridge.music.notes import Bend
from bridge.transcribers.melody.path import Segment
from bridge.transcribers.melody.track import FPS

MAX_BEND = 1.5
"""Semitones: what lies farther from its key is a slip of the tracker, or the glide to another note."""
SMOOTH_FRAMES = 5
"""Frames of a running median, 50 ms: a fifth of a vibrato's period passes, single slips do not."""
STEP = 0.1
"""Semitones between two bends: 10 cents is about the least that is heard in music, and keeps the part editable."""


def bends(segments: Sequence[Segment], lowest: int, pitch: Array) -> list[Bend]:
    """The bends of notes that do not overlap, sorted; each note begins with its own, also if that is 0.

    Args:
        segments: the notes.
        lowest: MIDI number of the segments' key 0.
        pitch: (frames,) MIDI pitch with fraction, NaN where there is none.
    """
    out: list[Bend] = []
    for note in segments:
        away = pitch[note.start : note.end] - (note.key + lowest)
        curve = _smooth(np.where(np.abs(away) <= MAX_BEND, away, np.nan))
        last = None if not out else out[-1].semitones
        for frame, value in enumerate(curve):
            if last is None or abs(value - last) >= STEP:
                last = round(float(value), 2)
                out.append(Bend((note.start + frame) / FPS, last))
    return out


def _smooth(curve: Array) -> Array:
    """Running median; gaps take the nearest value before, else after, and 0 where there is none at all."""
    known = np.flatnonzero(~np.isnan(curve))
    if not len(known):
        return np.zeros_like(curve)
    filled = curve[known[np.maximum(0, np.searchsorted(known, np.arange(len(curve)), side="right") - 1)]]
    half = SMOOTH_FRAMES // 2
    padded = np.pad(filled, half, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, SMOOTH_FRAMES), axis=1), np.float32)
