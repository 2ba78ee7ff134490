"""Bends: how far from its key a voice sounds, read from the spectrogram's sub-bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.music.notes import Bend, Note
from bridge.note_maps.features import FPS, MIN_KEY, PER_SEMITONE

Array = npt.NDArray[np.float32]

PARTIALS = (1, 2, 3, 4, 5)
"""Partials that vote; higher ones lie too close together to be told apart."""

REACH = PER_SEMITONE
"""Sub-bins searched on either side of a key: one semitone, more than vibrato ever swings."""

RANGE_DB = 30.0
"""A partial this far below the strongest of its key has no vote."""

STEP_S = 0.023
"""Seconds between bends, two frames: eight points a swing of the fastest vibrato."""

AUDIBLE = 0.08
"""Semitones; smaller deviations are tuning or noise and are left at the key."""

EDGE_FRAMES = 2
"""Frames left out at a note's start, where the one before still rings in the window."""

MIN_FRAMES = 4
"""Frames without a vote on the tuning of the whole: so short a note says little about its pitch."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """The deviation of a stem from its keys."""

    keys: range
    """MIDI pitches."""
    semitones: npt.NDArray[np.float16] | Array
    """(frames, keys) of :func:`tuning_map`."""

    def of(self, note: Note) -> tuple[int, Array]:
        """The first frame in which a note sounds alone, and its curve in semitones from there to its end."""
        first, last = round(note.onset_s * FPS) + EDGE_FRAMES, round(note.offset_s * FPS)
        return first, self.semitones[first:last, note.pitch - self.keys.start].astype(np.float32)


def tuning_map(features: Array, keys: range) -> Array:
    """(frames, keys) semitones by which the sound near each MIDI pitch lies off it, from (frames, BINS) dB.

    Each partial's peak within a semitone is placed between sub-bins by a parabola (on dB a Hann window's lobe
    is one, nearly); partials are averaged by their level.
    """
    total = np.zeros((len(features), len(keys)), np.float32)
    weight = np.full((len(features), len(keys)), 1e-6, np.float32)
    levels, offsets = [], []
    for partial in PARTIALS:
        centre = (np.asarray(keys) - MIN_KEY) * PER_SEMITONE + 1 + round(12 * PER_SEMITONE * np.log2(partial))
        inside = centre + REACH + 1 < features.shape[1]
        bins = np.clip(centre, REACH + 1, features.shape[1] - REACH - 2)
        near = features[:, bins[:, None] + np.arange(-REACH, REACH + 1)]
        peak = near.argmax(2)
        at = bins + peak - REACH
        rows = np.arange(len(features))[:, None]
        left, middle, right = features[rows, at - 1], features[rows, at], features[rows, at + 1]
        bow = np.minimum(left - 2 * middle + right, -1e-3)
        shift = np.clip(0.5 * (left - right) / bow, -0.5, 0.5)
        exact = 12 * PER_SEMITONE * np.log2(partial) - round(12 * PER_SEMITONE * np.log2(partial))
        offsets.append((peak - REACH + shift - exact) / PER_SEMITONE)
        levels.append(np.where(inside, middle, -200.0))
    top = np.max(levels, axis=0)
    for level, offset in zip(levels, offsets, strict=True):
        vote = np.clip(1 + (level - top) / RANGE_DB, 0, 1)
        total += vote * offset
        weight += vote
    return total / weight


def bends_of(notes: Sequence[Note], tuning: Tuning, tuned_by: float = 0.0) -> list[Bend]:
    """Bends of a single voice, sorted.

    Every note begins with its own, so that none inherits another's.

    Args:
        notes: sorted, one at a time.
        tuning: of the stem that they were heard in.
        tuned_by: semitones by which the whole recording is off concert pitch; not a bend.
    """
    bends: list[Bend] = []
    every = max(1, round(STEP_S * FPS))
    for note in notes:
        first, curve = tuning.of(note)
        curve -= tuned_by
        bends.append(Bend(note.onset_s, 0.0))
        if len(curve) < 2 * every:
            continue
        smooth = np.convolve(np.pad(curve, 1, mode="edge"), np.ones(3) / 3, "valid")
        for i in range(0, len(smooth), every):
            value = float(smooth[i]) if abs(smooth[i]) > AUDIBLE else 0.0
            if abs(value - bends[-1].semitones) > AUDIBLE / 2:
                bends.append(Bend((first + i) / FPS, round(value, 3)))
    if not any(b.semitones for b in bends):
        return []
    return [b for i, b in enumerate(bends) if i == 0 or b.semitones != bends[i - 1].semitones]


def concert_offset(notes: Sequence[Note], tuning: Tuning) -> float:
    """Semitones by which the part as a whole is tuned off concert pitch: the median over its notes."""
    curves = [tuning.of(note)[1] for note in notes]
    medians = [float(np.median(curve)) for curve in curves if len(curve) > MIN_FRAMES]
    return float(np.median(medians)) if medians else 0.0
