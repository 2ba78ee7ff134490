"""One voice: the best path over pitch and time through the network's posteriorgrams (Viterbi).

At every frame the voice rests or sounds one key. Sounding earns the frame map's log-odds; a new note, on
another key or the same, must be worth its start. So octave slips and ghosts of other stems, which have a
weak onset or a weak body, lose against the line as a whole, where thresholds would take or leave them one by one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.music.notes import Note
from bridge.note_maps.decode import Thresholds, make_note
from bridge.note_maps.maps import Array, NoteActivations, evidence_by_byte


def monophonic(maps: NoteActivations, t: Thresholds, start_cost: float) -> list[Note]:
    """The notes of the best single voice, sorted.

    Args:
        maps: the network's output.
        t: its ``frame`` is where sounding and resting are equally good, its ``onset`` where a start costs
            ``start_cost`` alone.
        start_cost: log-odds that a note must earn beyond its frames.
    """
    states, starts = _best_path(maps, t, start_cost)
    limits = dict(zip(starts, [*starts[1:], maps.frames], strict=False))
    notes = []
    for key in sorted({states[first] for first in starts}):
        pitch = maps.keys[key]
        curves = maps.key(pitch)
        for first in (f for f in starts if states[f] == key):
            peak = _peak_near(curves.onset, first)
            if limits[first] - peak >= 2:
                notes.append(make_note(curves, pitch, peak, limits[first], t))
    return _apart(sorted(notes))


def _best_path(maps: NoteActivations, t: Thresholds, start_cost: float) -> tuple[list[int], list[int]]:
    """State per frame (a key's place, or -1 for rest) and the frames at which notes start."""
    rest, best = 0.0, np.full(len(maps.keys), -1e9)
    goes_on = np.empty((maps.frames, len(maps.keys)), np.bool_)
    before: list[int] = []
    """Per frame the state, or -1 for rest, that a start or a rest there comes from."""
    sounding, beginning = evidence_by_byte(t.frame), evidence_by_byte(t.onset) - start_cost
    for onset, frame, *_ in maps.pieces():
        sounds, begins = sounding[frame], beginning[onset]
        for sound, start in zip(sounds, begins, strict=True):
            top = int(best.argmax())
            state, value = (top, float(best[top])) if best[top] > rest else (-1, rest)
            begin = value + start
            np.greater_equal(best, begin, out=goes_on[len(before)])
            before.append(state)
            rest = value
            np.maximum(best, begin, out=best)
            best += sound
    return _traced(goes_on, before, int(best.argmax()) if best.max() > rest else -1)


def _traced(goes_on: npt.NDArray[np.bool_], before: list[int], state: int) -> tuple[list[int], list[int]]:
    """The path that ends in ``state``, and its starts."""
    states, starts = [-1] * len(before), []
    for i in range(len(before) - 1, -1, -1):
        states[i] = state
        if state < 0:
            state = before[i]
        elif not goes_on[i, state]:
            starts.append(i)
            state = before[i]
    return states, starts[::-1]


def _peak_near(onset: Array, frame: int) -> int:
    """The onset map's maximum within four frames: the path may start a note a frame or two beside it."""
    low = max(0, frame - 4)
    return low + int(np.argmax(onset[low : frame + 5]))


def _apart(notes: list[Note]) -> list[Note]:
    """One voice: a note ends at the latest where the next begins."""
    line: list[Note] = []
    for note, after in zip(notes, [*notes[1:], None], strict=False):
        end = note.offset_s if after is None else min(note.offset_s, after.onset_s)
        if end > note.onset_s:
            line.append(Note(note.onset_s, end, note.pitch, note.velocity, note.confidence))
    return line
