"""Quantising: notes move towards a grid of the tempo map. Pure functions; nothing is lost, nothing is merged."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from bridge.errors import InputError
from bridge.music import Bend, Note, Part, Score
from bridge.tempo import TempoMap

DIVISIONS = (1, 2, 4, 8, 16, 32, 64)
"""Note values a grid may have; finer than a 64th is within the jitter of any onset detector."""
OVERLAP_SLACK_S = 0.03
"""Notes of one voice that overlap by less are still played one after the other: legato, and the detector's blur."""
SHORTEST_NOTE_S = 0.005
"""A note keeps at least this length where its follower moved close."""


def parse_grid(text: str) -> float:
    """The grid's step in quarter notes: "1/16" is 0.25, "1/8T" (a triplet) is a third, "1/8D" (dotted) is 0.75.

    Raises:
        InputError: not a grid; the sentence names those that are.
    """
    match = re.fullmatch(r"1/([0-9]{1,2})([TtDd]?)", text.strip())
    if match is None or int(match[1]) not in DIVISIONS:
        valid = ", ".join(f"1/{d}" for d in DIVISIONS)
        message = f'"{text[:40]}" is not a grid; use one of {valid}, with T for triplets or D for dotted notes (1/8T).'
        raise InputError(message)
    factor = {"": 1.0, "T": 2.0 / 3.0, "D": 1.5}[match[2].upper()]
    return 4.0 / int(match[1]) * factor


def quantise_score(score: Score, grid: str, strength: float = 1.0) -> Score:
    """The score with every part's notes and bends moved towards the grid.

    Raises:
        InputError: the grid or the strength makes no sense.
    """
    return replace(score, parts=tuple(quantise_part(p, score.tempo, grid, strength) for p in score.parts))


def quantise_part(part: Part, tempo: TempoMap, grid: str, strength: float = 1.0) -> Part:
    """The part with its notes moved towards the grid; bends move with the note they belong to.

    Raises:
        InputError: the grid or the strength makes no sense.
    """
    before = sorted(part.notes)
    after = _quantised(before, tempo, grid, strength)
    bends = _moved_bends(part.bends, before, after)
    return replace(part, notes=tuple(sorted(after)), bends=tuple(bends))


def quantise(notes: Sequence[Note], tempo: TempoMap, grid: str, strength: float = 1.0) -> tuple[Note, ...]:
    """As many notes as came in, sorted, their onsets moved towards the nearest line of the grid.

    A note keeps its length, but ends where its follower on the same key (in a monophonic part: its
    follower) begins, if it did before. Where two notes of one key would fall on the same line, as in a roll that is
    finer than the grid, the later one keeps its distance to the earlier.

    Args:
        notes: of one part.
        tempo: the map whose beats the grid divides.
        grid: as :func:`parse_grid` reads it.
        strength: 0 leaves the notes where they are, 1 puts them on the grid, between is in proportion.

    Raises:
        InputError: the grid or the strength makes no sense.
    """
    return tuple(sorted(_quantised(sorted(notes), tempo, grid, strength)))


def _quantised(notes: list[Note], tempo: TempoMap, grid: str, strength: float) -> list[Note]:
    """The moved notes, in the order of ``notes``."""
    step_qn = parse_grid(grid)
    if not 0.0 <= strength <= 1.0:
        raise InputError(f"A quantise strength of {strength} makes no sense; use 0 (off) to 1 (on the grid).")
    moved = list(notes)
    for voice in _voices(notes):
        onsets = _moved_onsets([notes[i].onset_s for i in voice], tempo, step_qn, strength)
        for k, i in enumerate(voice):
            offset_s = onsets[k] + notes[i].length_s
            follows = (
                k + 1 < len(voice) and notes[voice[k + 1]].onset_s >= notes[i].offset_s - OVERLAP_SLACK_S
            )
            if follows:
                offset_s = min(offset_s, max(onsets[k + 1], onsets[k] + SHORTEST_NOTE_S))
            moved[i] = replace(notes[i], onset_s=onsets[k], offset_s=offset_s)
    return moved


def _moved_onsets(onsets: list[float], tempo: TempoMap, step_qn: float, strength: float) -> list[float]:
    """Times of one voice's onsets after the move, rising as before."""
    moved: list[float] = []
    for k, onset_s in enumerate(onsets):
        line_s = tempo.to_s(max(0, math.floor(tempo.to_qn(onset_s) / step_qn + 0.5)) * step_qn)
        time_s = onset_s + strength * (line_s - onset_s)
        gap_s = onset_s - onsets[k - 1] if k else 0.0
        if k and gap_s > 0 and time_s - moved[-1] < min(gap_s, SHORTEST_NOTE_S):
            time_s = moved[-1] + gap_s
        moved.append(max(0.0, time_s))
    return moved


def _voices(notes: list[Note]) -> list[list[int]]:
    """Indices of the notes that are played one after the other: all of a monophonic part, else key by key."""
    pairs = zip(notes, notes[1:], strict=False)
    if all(b.onset_s > a.onset_s and b.onset_s >= a.offset_s - OVERLAP_SLACK_S for a, b in pairs):
        return [list(range(len(notes)))] if notes else []
    keys: dict[int, list[int]] = {}
    for i, note in enumerate(notes):
        keys.setdefault(note.pitch, []).append(i)
    return list(keys.values())


def _moved_bends(bends: Sequence[Bend], before: list[Note], after: list[Note]) -> list[Bend]:
    """Bends shifted like the last note that began before them, up to where the next note now begins."""
    if not before:
        return list(bends)
    moved: list[Bend] = []
    i = -1
    for bend in sorted(bends):
        while i + 1 < len(before) and before[i + 1].onset_s <= bend.time_s:
            i += 1
        owner = max(0, i)
        time_s = max(0.0, bend.time_s + after[owner].onset_s - before[owner].onset_s)
        # What the earlier note would still do after its follower began is not heard any more.
        while moved and moved[-1].time_s >= time_s and before[owner].onset_s <= bend.time_s:
            moved.pop()
        moved.append(Bend(time_s, bend.semitones))
    return moved
