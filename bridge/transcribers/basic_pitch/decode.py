"""Notes from Basic Pitch's probabilities.

The method is the one of the ``basic-pitch`` package (Bittner et al., "A Lightweight Instrument-Agnostic Model
for Polyphonic Note Transcription and Multipitch Estimation", ICASSP 2022): a note starts at a peak of the
onset probability and lasts until the note probability stays low; what sounds without an onset may become
notes from its loudest frame outwards. With :data:`PACKAGE` the notes are the package's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.audio.peaks import local_maxima
from bridge.transcribers.basic_pitch.posteriors import KEYS, MIN_KEY, Array, Posteriors


@dataclass(frozen=True, slots=True)
class Decoding:
    """Thresholds that make notes of probabilities.

    Lengths in frames.
    """

    onset: float
    """Least onset probability of a note's start."""
    frame: float
    """Note probability under which a key is silent."""
    shortest: int
    """Notes of this length or less are dropped."""
    gap: int
    """Silent frames that end a note."""
    infer_onsets: bool
    """Also take a rise of the note probability for an onset."""
    without_onset: float
    """Least note probability from which a note without onset grows; above 1 there are none."""


PACKAGE = Decoding(onset=0.5, frame=0.3, shortest=11, gap=11, infer_onsets=True, without_onset=0.3)
"""The defaults of basic-pitch 0.4.0."""


@dataclass(frozen=True, slots=True, order=True)
class FrameNote:
    """A note in frames: ``start`` included, ``end`` not."""

    start: int
    end: int
    pitch: int
    amplitude: float
    """Mean note probability."""


def decode(heard: Posteriors, how: Decoding) -> list[FrameNote]:
    """The notes in ``heard``, sorted."""
    energy = heard.notes.copy()
    notes = _from_onsets(heard, energy, how)
    if how.without_onset <= 1:
        notes += _without_onsets(heard, energy, how)
    return sorted(notes)


def _from_onsets(heard: Posteriors, energy: Array, how: Decoding) -> list[FrameNote]:
    onsets = np.maximum(heard.onsets, _rises(heard)) if how.infer_onsets else heard.onsets
    peaks = local_maxima(onsets, "none") & (onsets >= how.onset)
    peaks[:1] = peaks[-1:] = False
    notes = []
    # From the last to the first, so that a later note of the same key ends an earlier one.
    for start, key in np.argwhere(peaks)[::-1].tolist():
        if start >= len(energy) - 1:
            continue
        end = start + 1 + _sounding(energy[start + 1 : -1, key], how)
        if end - start <= how.shortest:
            continue
        _silence(energy, start, end, key)
        notes.append(_note(heard, start, end, key))
    return notes


def _rises(heard: Posteriors, reach: int = 2) -> Array:
    """Measure the rise of the note probability over one and over two frames, scaled to the onsets' range."""
    rise = np.full(heard.notes.shape, np.inf, np.float32)
    for back in range(1, reach + 1):
        rise[reach:] = np.minimum(rise[reach:], heard.notes[reach:] - heard.notes[reach - back : -back])
    rise[:reach] = 0
    rise = np.maximum(rise, 0)
    top = float(rise.max(initial=0))
    return rise * (float(heard.onsets.max(initial=0)) / top) if top > 0 else rise


def _without_onsets(heard: Posteriors, energy: Array, how: Decoding) -> list[FrameNote]:
    """Notes that grow from the loudest frames that no note has claimed."""
    notes = []
    last = len(energy) - 1
    candidates = np.flatnonzero(energy > how.without_onset)
    for cell in candidates[np.argsort(-energy.flat[candidates], kind="stable")].tolist():
        middle, key = divmod(cell, KEYS)
        if energy[middle, key] == 0:
            continue
        after, before = energy[middle + 1 : last, key], energy[1:middle, key][::-1]
        forth, back = _sounding(after, how), _sounding(before, how)
        start, end = middle - back, middle + forth
        seen = slice(max(1, middle - min(len(before), back + how.gap)), middle + 1 + min(len(after), forth + how.gap))
        energy[middle, key] = 0
        _silence(energy, seen.start, middle, key)
        _silence(energy, middle + 1, seen.stop, key)
        if end - start > how.shortest:
            notes.append(_note(heard, start, end, key))
    return notes


def _sounding(energy: Array, how: Decoding) -> int:
    """Frames from the first to the last that sounds before a gap."""
    above = np.flatnonzero(energy >= how.frame)
    gaps = np.flatnonzero(np.diff(above, prepend=-1) > how.gap)
    above = above[: gaps[0]] if len(gaps) else above
    return int(above[-1]) + 1 if len(above) else 0


def _silence(energy: Array, start: int, end: int, key: int) -> None:
    """Take a note's energy away, with what it leaks to the neighbouring keys."""
    energy[start:end, max(0, key - 1) : key + 2] = 0


def _note(heard: Posteriors, start: int, end: int, key: int) -> FrameNote:
    frames: npt.NDArray[np.float32] = heard.notes[start:end, key]
    return FrameNote(start, end, key + MIN_KEY, float(frames.mean()))
