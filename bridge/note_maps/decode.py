"""From the network's posteriorgrams to notes.

Pure functions, two ways.

* :func:`polyphonic`: onset peaks, each held to its most probable end. For chords.
* :func:`monophonic` (in path.py): one voice by a best path over pitch and time. For bass and singers.

Both share the fine points here: onsets between frames, ends by likelihood, velocity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.audio.peaks import between_frames, local_maxima
from bridge.music.notes import Note
from bridge.music.parts import Candidate
from bridge.note_maps.features import FPS
from bridge.note_maps.maps import Array, KeyActivations, NoteActivations

REARM_FRAMES = 4
"""Two onset peaks of one key closer than this (46 ms) are one attack; faster repeats than 20 a second are rare."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds that make a note of a probability.

    Tuned on held-out sounds by training/notes/tune.py.
    """

    onset: float
    """Least onset probability of a note."""
    repeat: float
    """The same where its key still sounds from the note before: every stroke of another instrument that leaked into
    the stem looks a little like a repetition of what sounds on."""
    frame: float
    """Frame probability at which going on and stopping are equally likely."""
    offset_weight: float
    """Amount that a sure offset adds to ending there, in log-odds."""


OFFSET_WEIGHT = 60.0
"""Log-odds of a sure offset: as much as fifteen frames (0.17 s) of the surest frame map, which blurs ends by about so
much. Note ends get better up to some 60 to 90: on the development set F 0.565 at 30, 0.569 at 60 and 90, 0.565 at 140;
on sounds kept out of training 0.413 at 1, 0.429 at 30, 0.433 at 60, 0.435 at 140. More lets a false offset cut a note
that goes on."""

CHORDS = Thresholds(0.55, 0.6, 0.4, OFFSET_WEIGHT)
"""For stems of several voices; see :mod:`bridge.transcribers.notes.engine` for how they were chosen."""

MIN_NOTE_S, MIN_ONSET_PROBABILITY = 0.05, 0.8
"""A note shorter than this whose onset is less certain is a stroke of the drums or another leak: without such notes F
of other parts rises from 0.717 to 0.719 on the development set and from 0.768 to 0.773 on 51 rendered songs, and with
note ends by 0.005 on both."""


def onset_peaks(curve: Array, least: float) -> list[int]:
    """Frames of local maxima of at least ``least``, one per attack."""
    peaks: list[int] = []
    for frame in np.flatnonzero(local_maxima(curve, "last") & (curve >= least)):
        if peaks and frame - peaks[-1] < REARM_FRAMES:
            if curve[frame] > curve[peaks[-1]]:
                peaks[-1] = int(frame)
        else:
            peaks.append(int(frame))
    return peaks


def end_of(curves: KeyActivations, first: int, limit: int, t: Thresholds) -> float:
    """The most probable end, in frames, of a note that began at ``first`` and must end by ``limit``.

    The sum of the frames' log-odds up to the end, plus what the offset map says about ending there, is largest
    at the end: a dip of the frame map does not end a note that goes on, and a faint tail does not lengthen one.
    """
    start = min(first + 1, limit - 1)
    total = np.zeros(limit - start + 1)
    total[1:] = np.cumsum(curves.sounding(t.frame)[start:limit])
    total[:-1] += t.offset_weight * curves.offset[start:limit].astype(np.float64)
    best = start + int(total.argmax())
    # The offset map's own peak, if one is near, places the end between frames.
    low = max(start, best - 2)
    window = curves.offset[low : min(limit, best + 3)]
    if len(window) and window.max() > 0.15:
        peak = low + int(window.argmax())
        return between_frames(curves.offset, peak)
    return float(best)


def make_note(curves: KeyActivations, pitch: int, first: int, limit: int, t: Thresholds) -> Note:
    """The note whose onset peak is at frame ``first``."""
    key = first, limit, t.frame, t.offset_weight
    if key not in curves.notes:
        curves.notes[key] = _shaped(curves, pitch, first, limit, t)
    return curves.notes[key]


def _shaped(curves: KeyActivations, pitch: int, first: int, limit: int, t: Thresholds) -> Note:
    onset = between_frames(curves.onset, first)
    end = max(end_of(curves, first, limit, t), onset + 2)
    around = curves.velocity[max(0, first - 1) : first + 3]
    weight = curves.onset[max(0, first - 1) : first + 3] + 1e-6
    velocity = min(127, max(1, round(127 * float((around * weight).sum() / weight.sum()))))
    return Note(
        max(0.0, onset / FPS),
        max(0.0, onset / FPS) + (end - onset) / FPS,
        pitch,
        velocity,
        confidence=float(curves.onset[first]),
    )


SOUNDS_ON_FRAMES = 2
"""A note that would last this much longer than to an onset on its key, was it not for that, sounds on there."""


def attacks(curves: KeyActivations, t: Thresholds) -> list[int]:
    """Frames at which notes of one key begin."""
    peaks = onset_peaks(curves.onset, min(t.onset, t.repeat))
    starts: list[int] = []
    for frame, following in zip(peaks, [*peaks[1:], len(curves.onset)], strict=False):
        if curves.onset[frame] < max(t.onset, t.repeat):
            sounds_on = bool(starts) and end_of(curves, starts[-1], following, t) > frame + SOUNDS_ON_FRAMES
            if curves.onset[frame] < (t.repeat if sounds_on else t.onset):
                continue
        starts.append(frame)
    return starts


def polyphonic(maps: NoteActivations, t: Thresholds) -> list[Note]:
    """All notes but doubtful blips, sorted.

    A note ends at the latest where its key is struck again.
    """
    return polyphonic_with_candidates(maps, t, None)[0]


def polyphonic_with_candidates(
    maps: NoteActivations, t: Thresholds, lower_onset: float | None
) -> tuple[list[Note], list[Candidate]]:
    """Return all notes, sorted, and those that were left out, sorted.

    Args:
        maps: the network's output.
        t: what makes a note.
        lower_onset: least onset probability of a candidate, None for none below the thresholds.
    """
    notes: list[Note] = []
    candidates: list[Candidate] = []
    for pitch in maps.keys:
        curves = maps.key(pitch)
        starts = attacks(curves, t)
        decoded = _notes_from(curves, pitch, starts, starts, t)
        notes += [n for n in decoded if not _is_blip(n)]
        candidates += [Candidate(n, "doubtful_onset") for n in decoded if _is_blip(n)]
        if lower_onset is not None:
            faint = _far_from(onset_peaks(curves.onset, lower_onset), starts)
            decoded = _notes_from(curves, pitch, faint, sorted([*starts, *faint]), t)
            candidates += [Candidate(n, "below_threshold") for n in decoded]
    return sorted(notes), sorted(candidates)


def _notes_from(
    curves: KeyActivations, pitch: int, starts: list[int], all_starts: list[int], t: Thresholds
) -> list[Note]:
    """The notes that begin at ``starts``, each ending before the next of ``all_starts``."""
    following = dict(zip(all_starts, [*all_starts[1:], len(curves.onset)], strict=False))
    return [make_note(curves, pitch, first, following[first], t) for first in starts if following[first] - first >= 2]


def _far_from(frames: list[int], others: list[int]) -> list[int]:
    near = {other + by for other in others for by in range(1 - REARM_FRAMES, REARM_FRAMES)}
    return [frame for frame in frames if frame not in near]


def _is_blip(note: Note) -> bool:
    return note.length_s < MIN_NOTE_S and note.confidence < MIN_ONSET_PROBABILITY
