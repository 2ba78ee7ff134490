"""Short notes sung beside the scale: slips of the voice on the way to a note, which a listener hears as that note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bridge.audio.spectra import Array
from bridge.transcribers.melody.path import Segment
from bridge.transcribers.melody.track import FPS

SCALE = (0, 2, 4, 5, 7, 9, 11)
"""Semitones of a major scale, and of its natural minor and modes."""
MIN_INSIDE = 0.85
"""Share of the sung time inside one scale from which the song keeps to it; a chromatic line has two thirds."""
MIN_NOTES = 20
"""Fewer notes do not tell a scale."""
MAX_SHARE = 0.04
"""Share of the sung time up to which a tone beside the scale is a slip: a blue note, a raised seventh are sung more."""
MAX_SLIP_S = 0.3
"""A longer note is meant, and so is one that rests on its key:"""
RESTS, AT_REST = 0.6, 0.15
"""for so great a share of its time it is nearer to it than so many semitones."""


def scale_of(segments: Sequence[Segment], lowest: int) -> tuple[set[int], Array] | None:
    """Return the pitch classes of the scale and the share of time of all twelve; None where no scale is kept to."""
    shares = np.zeros(12, np.float32)
    for note in segments:
        shares[(note.key + lowest) % 12] += note.end - note.start
    if len(segments) < MIN_NOTES:
        return None
    shares /= shares.sum()
    scales = [{(tonic + step) % 12 for step in SCALE} for tonic in range(12)]
    best = max(scales, key=lambda scale: float(sum(shares[k] for k in scale)))
    return (best, shares) if sum(shares[k] for k in best) >= MIN_INSIDE else None


def without_slips(segments: Sequence[Segment], lowest: int, pitch: Array) -> list[Segment]:
    """Return the notes, those that are slips on the nearer key of the scale.

    Args:
        segments: the notes of one voice.
        lowest: MIDI number of the segments' key 0.
        pitch: (frames,) MIDI pitch with fraction, NaN where there is none.
    """
    found = scale_of(segments, lowest)
    if found is None:
        return list(segments)
    scale, shares = found

    def moved(note: Segment) -> Segment:
        key = note.key + lowest
        if key % 12 in scale or shares[key % 12] > MAX_SHARE or note.end - note.start > MAX_SLIP_S * FPS:
            return note
        inside = pitch[note.start : note.end]
        inside = inside[np.isfinite(inside)]
        if not len(inside) or (np.abs(inside - key) < AT_REST).mean() >= RESTS:
            return note
        # Both neighbours of a tone beside the scale are in it.
        return replace(note, key=note.key + (1 if np.median(inside) >= key else -1))

    return [moved(note) for note in segments]
