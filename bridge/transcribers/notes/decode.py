"""From the network's posteriorgrams to notes: pure functions, two ways.

* :func:`polyphonic`: onset peaks, each held to its most probable end. For chords.
* :func:`monophonic` (in path.py): one voice by a best path over pitch and time. For bass and singers.

Both share the fine points here: onsets between frames, ends by likelihood, velocity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.music import Note
from bridge.transcribers.notes.features import FPS

Array = npt.NDArray[np.float16] | npt.NDArray[np.float32]

LOW = 21
"""MIDI pitch of row 0 of the maps."""

REARM_FRAMES = 4
"""Two onset peaks of one key closer than this (46 ms) are one attack; faster repeats than 20 a second are rare."""

CLIP = 4.0
"""Log-odds beyond this count no more: one very sure frame must not outweigh three doubtful ones."""


@dataclass(frozen=True, slots=True)
class Maps:
    """The network's output for one stem, each (frames, keys): probabilities 0..1, velocity 0..1.

    Half precision will do, and an hour of it takes 220 MB.
    """

    onset: Array
    frame: Array
    offset: Array
    velocity: Array


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a probability becomes a note; tuned on held-out sounds by training/notes/tune.py."""

    onset: float
    """Least onset probability of a note."""
    repeat: float
    """The same where its key still sounds from the note before: every stroke of another instrument that leaked into
    the stem looks a little like a repetition of what sounds on."""
    frame: float
    """Frame probability at which going on and stopping are equally likely."""
    offset_weight: float
    """What a sure offset adds to ending there, in log-odds."""


def log_odds(p: Array) -> npt.NDArray[np.float32]:
    """ln(p / (1 - p)), finite."""
    q = np.clip(p.astype(np.float32, copy=False), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(q / (1 - q)), np.float32)


def between_frames(curve: Array, peak: int) -> float:
    """Position in frames of a peak of ``curve`` by a parabola through its neighbours."""
    if not 0 < peak < len(curve) - 1:
        return float(peak)
    left, middle, right = (float(v) for v in curve[peak - 1 : peak + 2])
    bow = left - 2 * middle + right
    return peak + float(np.clip(0.5 * (left - right) / bow, -0.5, 0.5)) if bow < -1e-9 else float(peak)


def onset_peaks(curve: Array, least: float) -> list[int]:
    """Frames of local maxima of at least ``least``, one per attack."""
    curve = curve.astype(np.float32, copy=False)
    padded = np.pad(curve, 1)
    local = (padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:]) & (curve >= least)
    kept: list[int] = []
    for frame in np.flatnonzero(local):
        if kept and frame - kept[-1] < REARM_FRAMES:
            if curve[frame] > curve[kept[-1]]:
                kept[-1] = int(frame)
        else:
            kept.append(int(frame))
    return kept


def end_of(maps: Maps, key: int, first: int, limit: int, t: Thresholds) -> float:
    """The most probable end, in frames, of a note on ``key`` that began at ``first`` and must end by ``limit``.

    The sum of the frames' log-odds up to the end, plus what the offset map says about ending there, is largest
    at the end: a dip of the frame map does not end a note that goes on, and a faint tail does not lengthen one.
    """
    start = min(first + 1, limit - 1)
    threshold = float(np.log(t.frame / (1 - t.frame)))
    gain = np.clip(log_odds(maps.frame[start:limit, key]) - threshold, -CLIP, CLIP)
    total = np.concatenate([[0.0], np.cumsum(gain)])
    at = np.append(maps.offset[start:limit, key], 0.0)
    best = start + int(np.argmax(total + t.offset_weight * at))
    # The offset map's own peak, if one is near, places the end between frames.
    low = max(start, best - 2)
    window = maps.offset[low : min(limit, best + 3), key]
    if len(window) and window.max() > 0.15:
        peak = low + int(window.argmax())
        return between_frames(maps.offset[:, key], peak)
    return float(best)


def make_note(maps: Maps, key: int, first: int, limit: int, t: Thresholds) -> Note:
    """The note whose onset peak is at frame ``first``."""
    onset = between_frames(maps.onset[:, key], first)
    end = max(end_of(maps, key, first, limit, t), onset + 2)
    around = maps.velocity[max(0, first - 1) : first + 3, key]
    weight = maps.onset[max(0, first - 1) : first + 3, key] + 1e-6
    velocity = int(np.clip(round(127 * float((around * weight).sum() / weight.sum())), 1, 127))
    return Note(
        max(0.0, onset / FPS),
        max(0.0, onset / FPS) + (end - onset) / FPS,
        key + LOW,
        velocity,
        confidence=float(np.clip(maps.onset[first, key], 0, 1)),
    )


SOUNDS_ON_FRAMES = 2
"""A note that would last this much longer than to an onset on its key, was it not for that, sounds on there."""


def attacks(maps: Maps, key: int, t: Thresholds) -> list[int]:
    """Frames at which notes of one key begin."""
    peaks = onset_peaks(maps.onset[:, key], min(t.onset, t.repeat))
    kept: list[int] = []
    for frame, following in zip(peaks, [*peaks[1:], len(maps.onset)], strict=False):
        sounds_on = bool(kept) and end_of(maps, key, kept[-1], following, t) > frame + SOUNDS_ON_FRAMES
        if maps.onset[frame, key] >= (t.repeat if sounds_on else t.onset):
            kept.append(frame)
    return kept


def polyphonic(maps: Maps, t: Thresholds, lowest: int, highest: int) -> list[Note]:
    """All notes between two MIDI pitches, sorted; a note ends at the latest where its key is struck again."""
    notes = []
    for key in range(max(0, lowest - LOW), min(maps.onset.shape[1], highest - LOW + 1)):
        starts = attacks(maps, key, t)
        for first, limit in zip(starts, [*starts[1:], len(maps.onset)], strict=False):
            if limit - first >= 2:
                notes.append(make_note(maps, key, first, limit, t))
    return sorted(notes)
