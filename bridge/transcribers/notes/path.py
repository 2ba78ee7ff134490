"""One voice: the best path over pitch and time through the network's posteriorgrams (Viterbi).

At every frame the voice rests or sounds one key. Sounding earns the frame map's log-odds; a new note, on
another key or the same, must be worth its start. So octave slips and ghosts of other stems, which have a
weak onset or a weak body, lose against the line as a whole, where thresholds would take or leave them one by one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.music import Note
from bridge.transcribers.notes.decode import CLIP, LOW, Array, Maps, Thresholds, log_odds, make_note

TOUCHING_S = 0.06
"""Seconds two notes of one voice may overlap in legato and in the decoding's blur."""


def monophonic(maps: Maps, t: Thresholds, start_cost: float, lowest: int, highest: int) -> list[Note]:
    """The notes of the best single voice between two MIDI pitches, sorted.

    Args:
        maps: the network's output.
        t: its ``frame`` is where sounding and resting are equally good, its ``onset`` where a start costs
            ``start_cost`` alone.
        start_cost: log-odds that a note must earn beyond its frames.
        lowest: lowest key, MIDI.
        highest: highest key, MIDI.
    """
    low, high = max(0, lowest - LOW), min(maps.onset.shape[1], highest - LOW + 1)
    threshold = float(np.log(t.frame / (1 - t.frame)))
    sound = np.clip(log_odds(maps.frame[:, low:high]) - threshold, -CLIP, CLIP)
    start = np.clip(log_odds(maps.onset[:, low:high]) - np.log(t.onset / (1 - t.onset)), -CLIP, CLIP) - start_cost
    states, starts = _best_path(sound, start)
    notes = []
    for i, first in enumerate(starts):
        key = int(states[first])
        limit = starts[i + 1] if i + 1 < len(starts) else len(states)
        peak = _peak_near(maps.onset[:, key + low], first)
        if limit - peak >= 2:
            notes.append(make_note(maps, key + low, peak, limit, t))
    return _apart(sorted(notes))


def sounds_together(notes: list[Note]) -> float:
    """Share of the sounding time in which two or more of the (sorted) notes sound, 0..1.

    Overlaps shorter than TOUCHING_S are one note ringing into the next, not a second voice.
    """
    several, total, reach = 0.0, 0.0, 0.0
    for note in notes:
        overlap = min(reach, note.offset_s) - note.onset_s
        several += overlap if overlap > TOUCHING_S else 0.0
        total += max(0.0, note.offset_s - max(reach, note.onset_s))
        reach = max(reach, note.offset_s)
    return several / total if total else 0.0


def _best_path(
    sound: npt.NDArray[np.float32], start: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], list[int]]:
    """State per frame (a column, or -1 for rest) and the frames at which notes start."""
    frames, keys = sound.shape
    rest, best = 0.0, np.full(keys, -1e9)
    came = np.empty((frames, keys), np.int16)  # -2 goes on, else the state before (-1 rest) of a start
    rest_from = np.empty(frames, np.int16)
    for i in range(frames):
        top = int(np.argmax(best))
        before, value = (top, float(best[top])) if best[top] > rest else (-1, rest)
        begin = value + start[i]
        goes_on = best >= begin
        rest_from[i] = before
        rest = value
        best = np.where(goes_on, best, begin) + sound[i]
        came[i] = np.where(goes_on, -2, before)
    state = int(np.argmax(best)) if best.max() > rest else -1
    states, starts = np.full(frames, -1), []
    for i in range(frames - 1, -1, -1):
        states[i] = state
        if state < 0:
            state = int(rest_from[i])
        elif came[i, state] != -2:
            starts.append(i)
            state = int(came[i, state])
    return states, starts[::-1]


def _peak_near(onset: Array, frame: int) -> int:
    """The onset map's maximum within four frames: the path may start a note a frame or two beside it."""
    low = max(0, frame - 4)
    return low + int(np.argmax(onset[low : frame + 5]))


def _apart(notes: list[Note]) -> list[Note]:
    """One voice: a note ends at the latest where the next begins."""
    kept: list[Note] = []
    for note, after in zip(notes, [*notes[1:], None], strict=False):
        end = note.offset_s if after is None else min(note.offset_s, after.onset_s)
        if end > note.onset_s:
            kept.append(Note(note.onset_s, end, note.pitch, note.velocity, note.confidence))
    return kept
