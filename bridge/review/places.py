"""Tells where notes sound between left and right, so that two players in one stem can be told apart by their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.music.notes import Note
from bridge.review.sound import Source

Array = npt.NDArray[np.floating[Any]]

MAX_LOOK_S = 0.5
"""Of a note that is looked at: its attack and its first tone; later others have come in."""
MIN_LOOK_S = 0.05
"""Of the shortest note: two periods of the lowest key that is played much, 40 Hz."""
PARTIALS = 8
"""As many carry nearly all of a tone's power; enough that those which another note shares are outvoted."""
NEAR = 0.03
"""Half a semitone to each side of a partial: out of tune, but not the next key."""
MIN_HZ = 40.0
"""Of drums, that sound everywhere above it; below lies rumble."""
MIN_POWER = 1e-10
"""Power per sample under which nothing sounds: -100 dB."""


def places(source: Source, notes: Mapping[str, Note], *, is_drums: bool) -> dict[str, float]:
    """Return the place of each note, from -1 (left) by 0 (middle) to 1 (right).

    What is measured is the power of both sides at each of the note's partials, or everywhere for drums, in its first
    half second, as the place that a pan control of constant power would have. Partials that another note shares are
    outvoted: the median counts, each weighted by its power. Of notes on the same key at the same time nothing but their
    mean can be known.

    Args:
        source: the sound they were heard in.
        notes: by id.
        is_drums: they have no pitch.
    """
    return {i: _place(source, note, is_drums=is_drums) for i, note in notes.items()}


def _place(source: Source, note: Note, *, is_drums: bool) -> float:
    length_s = min(MAX_LOOK_S, max(MIN_LOOK_S, note.offset_s - note.onset_s))
    sound = source.read(round(note.onset_s * source.rate), max(2, round(length_s * source.rate)))
    if source.channels < 2 or len(sound) < 2:
        return 0.0
    window = np.hanning(len(sound))[:, None]
    power = np.abs(np.fft.rfft(sound[:, :2] * window, axis=0)) ** 2 / len(sound) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / source.rate)
    bands = [hz >= MIN_HZ] if is_drums else _partials(hz, 440.0 * 2.0 ** ((note.pitch - 69) / 12.0))
    sides = np.array([power[band].sum(axis=0) for band in bands])
    weights = sides.sum(axis=1)
    if weights.sum() < MIN_POWER:
        return 0.0
    angles = np.arctan2(np.sqrt(sides[:, 1]), np.sqrt(sides[:, 0])) / (np.pi / 4) - 1.0
    order = np.argsort(angles)
    middle = int(np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2))
    return round(float(angles[order][middle]), 3)


def _partials(hz: Array, lowest_hz: float) -> list[npt.NDArray[np.bool_]]:
    """Return which frequencies belong to each partial, at least the two nearest ones."""
    step_hz = float(hz[1])
    middles = [lowest_hz * n for n in range(1, PARTIALS + 1)]
    inside = [m for m in middles if m * (1 + NEAR) < float(hz[-1])] or middles[:1]
    return [np.abs(hz - m) <= max(m * NEAR, step_hz) for m in inside]
