"""Notes sung legato: no attack parts them, but each stands still on its key, which slides and vibrato do not."""

from __future__ import annotations

import numpy as np

from bridge.audio.spectra import Array
from bridge.transcribers.melody.path import Costs, Path, Segment
from bridge.transcribers.melody.track import NEAR

MIN_ON_KEY = 0.5
"""A note whose pitch keeps to its key for a smaller share of its time is several. At 0.5 a scale of 8 notes a second
is told apart (F 0.40 to 0.88) and a song with a singer reads 0.52 instead of 0.535; at 0.7 it is whole, and a singer's
slides become notes (0.453)."""
ON_KEY_SEMITONES = 0.7
"""Reach of a key, for a voice out of tune or with vibrato."""
STEADY_FRAMES = 2
"""Frames on either side over which a steady pitch does not move: 50 ms in all, half the shortest note sung legato."""
STEADY_SEMITONES = 0.2
"""Movement over these at which a pitch is hardly steady: a vibrato of 0.7 semitones at 5.5 Hz moves that much even
where it turns. Chosen of (0.1, 0.15, 0.2, 0.3) and 1 to 3 frames: the set that keeps vibrato of 0.7 semitones on its
key."""


def split(segment: Segment, keys: Array, attacks: Array, pitch: Array, lowest: int, costs: Costs) -> list[Segment]:
    """Hear a segment again, with an ear for where the pitch rests, if it does not keep to its key.

    Args:
        segment: as heard first.
        keys: (frames, keys) probabilities of the whole track.
        attacks: (frames,) attack strengths.
        pitch: (frames,) MIDI pitch, NaN where there is none.
        lowest: MIDI number of the first key.
        costs: of the path, with ``steady``.
    """
    inside = slice(segment.start, segment.end)
    sounding = pitch[inside][np.isfinite(pitch[inside])]
    on_key = np.abs(sounding - (segment.key + lowest)) <= ON_KEY_SEMITONES
    if not len(sounding) or on_key.mean() >= MIN_ON_KEY:
        return [segment]
    path = Path(keys.shape[1], costs)
    path.feed(keys[inside], attacks[inside], steadiness(pitch[inside]))
    segments = [Segment(segment.start + s.start, segment.start + s.end, s.key) for s in path.segments()]
    return segments if len(segments) > 1 else [segment]


def steadiness(pitch: Array) -> Array:
    """Return how far the pitch (frames,) rests near a key, 0..1; 0 where it is unknown or between keys."""
    padded = np.pad(pitch, STEADY_FRAMES, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * STEADY_FRAMES + 1)
    moved = around.max(1) - around.min(1)
    rests = np.abs(pitch - np.rint(pitch)) < NEAR
    return np.where(rests & np.isfinite(moved), np.exp(-((moved / STEADY_SEMITONES) ** 2)), 0).astype(np.float32)
