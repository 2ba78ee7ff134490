"""Truth for the network: where notes really end, and the target maps."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from bridge.note_maps.features import FPS, MIN_KEY, PER_SEMITONE
from training.notes.model import LOW, PITCHES

ONSET_FRAMES, OFFSET_FRAMES = 3, 4
"""Half width of the triangles around onsets and offsets, frames of 11.6 ms: the scoring window is 50 ms."""

DEAD_DB, SILENT_DB = 42.0, -85.0
"""A note is over when its first three partials have fallen this far below their peak, or below this level."""


def read_notes(path: Path) -> np.ndarray:
    """(notes, 4) float32 from a generator's CSV: onset s, offset s, pitch, velocity."""
    with path.open() as file:
        rows = [[float(v) for v in row.values()] for row in csv.DictReader(file)]
    return np.array(rows, np.float32).reshape(-1, 4)


def sounding(notes: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """The notes with offsets moved forward to where the sound dies, judged from the clean stem's features.

    A key may be held long after a pluck has died away; no ear could hear that key's release.
    """
    out = notes.copy()
    for i, (onset, offset, pitch, _) in enumerate(notes):
        first, last = round(onset * FPS), min(round(offset * FPS) + 1, len(clean))
        keys = [(int(pitch) + h - MIN_KEY) * PER_SEMITONE for h in (0, 12, 19)]
        columns = [c + s for c in keys for s in range(PER_SEMITONE) if c + s < clean.shape[1]]
        level = clean[first:last, columns].max(1)
        if len(level) < 4:
            continue
        alive = np.flatnonzero(level > max(level.max() - DEAD_DB, SILENT_DB))
        if len(alive):
            out[i, 1] = min(offset, max(onset + 0.05, (first + alive[-1] + 1) / FPS))
    return out


def targets(notes: np.ndarray, frames: int) -> np.ndarray:
    """(4, frames, PITCHES) uint8 0..255: onset, frame, offset and velocity (set around onsets, 0 elsewhere).

    Notes may lie outside, before 0 too: of a crop, those around it.
    """
    y = np.zeros((4, frames, PITCHES), np.float32)
    for onset, offset, pitch, velocity in notes:
        k, a, b = int(pitch) - LOW, onset * FPS, offset * FPS
        y[1, max(0, round(a)) : max(0, round(a) + 1, round(b)), k] = 1
        for channel, t, width in ((0, a, ONSET_FRAMES), (2, b, OFFSET_FRAMES)):
            i = np.arange(max(0, int(np.ceil(t - width))), min(frames, int(np.floor(t + width)) + 1))
            y[channel, i, k] = np.maximum(y[channel, i, k], 1 - np.abs(i - t) / width)
        i = slice(max(0, round(a) - 1), max(0, round(a) + 3))
        y[3, i, k] = velocity / 127
    return np.round(y * 255).astype(np.uint8)
