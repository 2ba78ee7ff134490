"""Curves of what was heard, 100 frames a second: what readings of a pulse are judged by.

The perceptrons see no sound, only what the engines made of it: strokes by class, onsets of bass and chords, how far the
harmony changes, and the onset strength of the mix. Training makes the same curves from MIDI songs in milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.music.notes import Note
from bridge.music.parts import Part

Array = npt.NDArray[np.float64]
Frames = npt.NDArray[np.float32]

RATE_HZ = 100
"""Frames a second, those of the onset strength."""
PIECES = (
    frozenset({35, 36}),
    frozenset({37, 38, 39, 40}),
    frozenset({42, 44}),
    frozenset({46}),
    frozenset({41, 43, 45, 47, 48, 50}),
    frozenset({49, 52, 55, 57}),
    frozenset({51, 53, 59}),
)
"""Kick, snare with side stick and clap, closed hat, open hat, toms, crashes, rides: General MIDI keys."""
NAMES = (
    *("strength", "low", "kick", "snare", "hat", "open", "tom", "crash", "ride"),
    *("bass", "pitched", "held", "count", "harmony_near", "harmony_far"),
)
"""Of the channels, in order."""
CHANNELS = len(NAMES)
HARMONY_S = (0.5, 1.5)
"""Seconds before and after a moment whose pitch classes are compared: about a beat, about a bar."""
SMEAR = (0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25)
"""Frames over which an onset counts for a place: players and engines are up to 30 ms off."""
LOUD = 95.0
"""Percentile of a curve that is scaled to 1."""
STRENGTH_SCALE = 0.25
"""Onset strength has deviation 1 and peaks of 3 to 6; the other channels reach about 1."""


@dataclass(frozen=True, slots=True)
class NoteArrays:
    """Notes of one kind as arrays, (notes,) each."""

    onset_s: Array
    offset_s: Array
    pitch: npt.NDArray[np.int64]
    velocity: Array
    """0..1."""


NO_NOTE_ARRAYS = NoteArrays(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True)
class BeatEvidence:
    """The transcribed notes, as far as the beat needs them."""

    drums: NoteArrays = NO_NOTE_ARRAYS
    """General MIDI percussion."""
    bass: NoteArrays = NO_NOTE_ARRAYS
    other: NoteArrays = NO_NOTE_ARRAYS
    """All other pitched parts together."""


def note_arrays(notes: Iterable[Note]) -> NoteArrays:
    """Notes as arrays."""
    rows = [(n.onset_s, n.offset_s, n.pitch, n.velocity / 127.0) for n in notes]
    onset_s, offset_s, pitch, velocity = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return NoteArrays(onset_s, offset_s, pitch.astype(np.int64), velocity)


def beat_evidence(parts: Iterable[Part]) -> BeatEvidence:
    """Return what the beat needs of the parts."""
    notes: dict[str, list[Note]] = {"drums": [], "bass": [], "other": []}
    for part in parts:
        notes["drums" if part.is_drums else "bass" if part.family == "bass" else "other"] += part.notes
    return BeatEvidence(*(note_arrays(notes[kind]) for kind in ("drums", "bass", "other")))


def features(full: Array, low: Array, heard: BeatEvidence) -> Frames:
    """The curves, (CHANNELS, frames).

    Args:
        full: onset strength of the mix at :data:`RATE_HZ`; its length is that of the result.
        low: the same of the low bands.
        heard: the notes.
    """
    drums, bass, other = heard.drums, heard.bass, heard.other
    count = len(full)
    curves = np.zeros((CHANNELS, count))
    curves[0], curves[1] = STRENGTH_SCALE * full, STRENGTH_SCALE * low
    for row, keys in enumerate(PIECES, 2):
        struck = np.isin(drums.pitch, list(keys))
        curves[row] = impulses(drums.onset_s[struck], drums.velocity[struck], count)
    curves[9] = impulses(bass.onset_s, bass.velocity, count)
    curves[10] = np.minimum(2.0, impulses(other.onset_s, other.velocity, count))
    length_s = other.offset_s - other.onset_s
    curves[11] = np.minimum(2.0, impulses(other.onset_s, np.log1p(length_s), count))
    curves[12] = np.minimum(2.0, impulses(other.onset_s, np.full(len(length_s), 0.25), count))
    classes = _sounding_classes(bass, other, count)
    for row, span_s in enumerate(HARMONY_S, 13):
        curves[row] = _change(classes, round(span_s * RATE_HZ))
    return curves.astype(np.float32)


def smeared(curves: Frames) -> Array:
    """The curves scaled and widened for the networks."""
    wide = np.apply_along_axis(lambda row: np.convolve(row, SMEAR, "same"), 1, curves.astype(np.float64))
    scale = np.array([np.percentile(row[row > 1e-3], LOUD) if (row > 1e-3).any() else 1.0 for row in wide])
    result: Array = np.minimum(2.0, wide / np.maximum(scale, 0.05)[:, None])
    return result


def impulses(times_s: Array, sizes: Array, count: int, rate_hz: float = RATE_HZ) -> Array:
    """(count,) with each size shared between the two frames around its time."""
    place = times_s * rate_hz
    first = np.floor(place).astype(np.int64)
    share = place - first
    inside = (first >= 0) & (first + 1 < count)
    first, share, sizes = first[inside], share[inside], sizes[inside]
    earlier = np.bincount(first, sizes * (1.0 - share), count)
    curve: Array = (earlier + np.bincount(first + 1, sizes * share, count)).astype(np.float64)
    return curve


def _sounding_classes(bass: NoteArrays, other: NoteArrays, count: int) -> Array:
    """(12, count) how many notes of each pitch class sound; the bass counts twice."""
    classes = np.zeros((12, count + 1))
    for part, weight in ((bass, 2.0), (other, 1.0)):
        first = np.round(part.onset_s * RATE_HZ).astype(np.int64).clip(0, count)
        last = np.maximum(first + 1, np.round(part.offset_s * RATE_HZ).astype(np.int64)).clip(0, count)
        np.add.at(classes, (part.pitch % 12, first), weight)
        np.add.at(classes, (part.pitch % 12, last), -weight)
    sounding: Array = np.cumsum(classes, 1)[:, :count]
    return sounding


def _change(classes: Array, span: int) -> Array:
    """(count,) 0..1: how unlike the pitch classes before and after each frame are."""
    sums = np.concatenate([np.zeros((12, 1)), np.cumsum(classes, 1)], 1)
    index = np.arange(classes.shape[1])
    here = sums[:, index]
    before = here - sums[:, np.maximum(0, index - span)]
    after = sums[:, np.minimum(classes.shape[1], index + span)] - here
    size = np.linalg.norm(before, axis=0) * np.linalg.norm(after, axis=0)
    change: Array = np.where(size > 1e-6, 1.0 - (before * after).sum(0) / np.maximum(size, 1e-6), 0.0)
    return change
