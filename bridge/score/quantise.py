"""Quantising: notes move towards a grid of the tempo map; pure, nothing is lost, nothing is merged."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bridge.errors import InputError
from bridge.music.groove import Groove
from bridge.music.notes import Bend, Note
from bridge.music.parts import Part
from bridge.music.project_beats import Timeline
from bridge.score.parts import MIN_NOTE_S

DIVISIONS = (1, 2, 4, 8, 16, 32, 64)
"""Note values a grid may have; finer than a 64th is within the jitter of any onset detector."""
OVERLAP_SLACK_S = 0.03
"""Notes of one voice that overlap by less are still played in turn: legato, and the detector's blur."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Lines to which onsets are drawn."""

    name: str
    """As the user writes it, such as "1/16"."""
    step_qn: float
    """Quarter notes from line to line."""
    own_groove: bool = False
    """Return whether the lines stand where the song itself plays them, swung and late as it is."""

    def nearest(self, position_qn: float, groove: Groove) -> float:
        """The line next to a position."""
        number = math.floor(position_qn / self.step_qn + 0.5)
        if not self.own_groove:
            return number * self.step_qn
        lines = [groove.played((number + i) * self.step_qn) for i in (-1, 0, 1)]
        return min(lines, key=lambda line: abs(line - position_qn))


def parse_grid(text: str) -> Grid:
    """The grid called ``text``.

    "1/16" has a step of 0.25, "1/8T" (triplets) a third, "1/8D" (dotted) 0.75.

    A G at the end ("1/16G") bends the grid to the song's own groove.

    Raises:
        InputError: not a grid; the sentence names those that are.
    """
    match = re.fullmatch(r"1/([0-9]{1,2})([TtDd]?)([Gg]?)", text.strip())
    if match is None or int(match[1]) not in DIVISIONS:
        valid = ", ".join(f"1/{d}" for d in DIVISIONS)
        message = f'"{text[:40]}" is not a grid; use one of {valid}, with T for triplets (1/8T) '
        message += "or D for dotted, and G for the song's own groove (1/16G)."
        raise InputError(message, code="grid-invalid")
    factor = {"": 1.0, "T": 2.0 / 3.0, "D": 1.5}[match[2].upper()]
    name = f"1/{int(match[1])}{match[2].upper()}{match[3].upper()}"
    return Grid(name, 4.0 / int(match[1]) * factor, own_groove=bool(match[3]))


def quantise(
    part: Part,
    tempo: Timeline,
    grid: Grid,
    strength: float = 1.0,
    length_s: float = math.inf,
    groove: Groove = Groove(),  # noqa: B008 - frozen
) -> Part:
    """Move onsets towards the nearest line.

    As many notes come out as came in, and bends move with their note.

    A note keeps its length, but ends where its follower on the same key (in a monophonic part: its
    follower) begins, if it did before. Where two notes of one key would fall on the same line, as in a roll
    that is finer than the grid, the later one keeps its distance to the earlier.

    Args:
        part: its notes and bends.
        tempo: the map whose beats the grid divides.
        grid: what :func:`parse_grid` gave.
        strength: 0 leaves the notes where they are, 1 puts them on the grid, between is in proportion.
        length_s: the item's length; a note whose line is the item's end or beyond stays where it is.
        groove: what a grid of the song's own groove is bent to.

    Raises:
        InputError: the strength makes no sense.
    """
    if not 0.0 <= strength <= 1.0:
        raise InputError(
            f"A quantise strength of {strength} makes no sense; use 0 (off) to 1 (on the grid).",
            code="quantise-strength-out-of-range",
        )
    before = sorted(part.notes)
    after = list(before)
    for voice in _voices(before):
        notes = [before[i] for i in voice]
        lines = [tempo.to_s(grid.nearest(tempo.to_qn(n.onset_s), groove)) for n in notes]
        onsets = _moved_onsets([n.onset_s for n in notes], lines, strength, length_s)
        for i, note in zip(voice, _moved_notes(notes, onsets), strict=True):
            after[i] = note
    return replace(part, notes=tuple(sorted(after)), bends=_moved_bends(part.bends, before, after))


def _moved_notes(notes: list[Note], onsets: list[float]) -> list[Note]:
    """One voice's notes at their new onsets."""
    moved = []
    for k, (note, onset_s) in enumerate(zip(notes, onsets, strict=True)):
        offset_s = onset_s + note.length_s
        if k + 1 < len(notes) and notes[k + 1].onset_s >= note.offset_s - OVERLAP_SLACK_S:
            offset_s = min(offset_s, max(onsets[k + 1], onset_s + MIN_NOTE_S))
        moved.append(replace(note, onset_s=onset_s, offset_s=offset_s))
    return moved


def _moved_onsets(onsets: list[float], lines: list[float], strength: float, length_s: float) -> list[float]:
    """Times of one voice's onsets after the move, rising as before."""
    moved: list[float] = []
    for k, onset_s in enumerate(onsets):
        line_s = max(0.0, lines[k]) if lines[k] <= length_s - MIN_NOTE_S else onset_s
        # Written so that full strength gives the line itself, the same for all notes of a chord.
        time_s = (1.0 - strength) * onset_s + strength * line_s
        gap_s = onset_s - onsets[k - 1] if k else 0.0
        if gap_s > 0 and time_s - moved[-1] < min(gap_s, MIN_NOTE_S):
            time_s = moved[-1] + gap_s
        moved.append(time_s)
    return moved


def _voices(notes: list[Note]) -> list[list[int]]:
    """Indices of notes that are played in turn: all notes of a monophonic part, else key by key."""
    in_turn = all(b.onset_s > a.onset_s and b.onset_s >= a.offset_s - OVERLAP_SLACK_S for a, b in pairwise(notes))
    if in_turn:
        return [list(range(len(notes)))]
    keys: dict[int, list[int]] = {}
    for i, note in enumerate(notes):
        keys.setdefault(note.pitch, []).append(i)
    return list(keys.values())


def _moved_bends(bends: Sequence[Bend], before: list[Note], after: list[Note]) -> tuple[Bend, ...]:
    """Bends shifted like the last note that began before them, up to where the next note now begins."""
    if not before:
        return tuple(bends)
    moved: list[Bend] = []
    owner = 0
    for bend in sorted(bends):
        previous = owner
        while owner + 1 < len(before) and before[owner + 1].onset_s <= bend.time_s:
            owner += 1
        time_s = max(0.0, bend.time_s + after[owner].onset_s - before[owner].onset_s)
        # What the earlier note would still do after its follower has begun is not heard any more.
        while owner != previous and moved and moved[-1].time_s >= time_s:
            moved.pop()
        moved.append(Bend(time_s, bend.semitones))
    return tuple(sorted(moved, key=lambda b: b.time_s))
