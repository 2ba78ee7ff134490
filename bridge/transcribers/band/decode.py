"""From what the nets said to named tracks.

Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.music.notes import Note
from bridge.music.parts import Candidate
from bridge.note_maps.decode import Thresholds, polyphonic, polyphonic_with_candidates
from bridge.score.instruments.assign import RULE, Group, Rule, groups, monophonic_share
from bridge.score.instruments.evidence import Evidence, nearest
from bridge.score.instruments.manner import recast
from bridge.score.instruments.naming import Named, Playing, named
from bridge.transcribers.band.verdict import Hearing

THRESHOLDS = Thresholds(0.5, 0.55, 0.4, 60.0)
"""Of the onsets after the second net's verdict; frames and ends as the note net's."""


@dataclass(frozen=True, slots=True)
class Track:
    """The notes of one instrument."""

    named: Named
    family: str
    balance: float
    """-1 left to 1 right."""
    notes: tuple[Note, ...]


def at_sensitivity(thresholds: Thresholds, sensitivity: float) -> Thresholds:
    """The onset thresholds moved in their odds, by a factor of 2 for half the way; 0.5 leaves them as tuned."""
    onset, repeat = (float(p / (1 - p) * 4.0 ** (0.5 - sensitivity)) for p in (thresholds.onset, thresholds.repeat))
    return replace(thresholds, onset=onset / (1 + onset), repeat=repeat / (1 + repeat))


CANDIDATE_ODDS = 0.5
"""A note is a candidate down to this share of the odds that a note needs."""
NEAR_S, NEAR_SEMITONES = 4.0, 5.0
"""By how much in time a candidate is as far from a note as by so much in pitch."""


def candidates_of(left_out: Sequence[Candidate], tracks: Sequence[Track]) -> list[list[Candidate]]:
    """The notes that were left out, for each track those that are nearest to it in time and pitch."""
    out: list[list[Candidate]] = [[] for _ in tracks]
    if not tracks:
        return out
    times = np.array([n.onset_s for t in tracks for n in t.notes])
    pitches = np.array([n.pitch for t in tracks for n in t.notes])
    owner = np.repeat(np.arange(len(tracks)), [len(t.notes) for t in tracks])
    for candidate in left_out:
        away = np.abs(times - candidate.note.onset_s) / NEAR_S + np.abs(pitches - candidate.note.pitch) / NEAR_SEMITONES
        out[int(owner[away.argmin()])].append(candidate)
    return out


def notes_of(hearing: Hearing, thresholds: Thresholds = THRESHOLDS) -> tuple[list[Note], Evidence]:
    """The notes, sorted, and what is known of each."""
    return _known(polyphonic(hearing.maps, thresholds), hearing.who)


def notes_with_candidates(hearing: Hearing, thresholds: Thresholds) -> tuple[list[Note], Evidence, list[Candidate]]:
    """Return what :func:`notes_of` does, and the notes that were left out."""
    odds = CANDIDATE_ODDS * thresholds.onset / (1 - thresholds.onset)
    notes, left_out = polyphonic_with_candidates(hearing.maps, thresholds, odds / (1 + odds))
    return (*_known(notes, hearing.who), left_out)


def _known(notes: Sequence[Note], who: Evidence) -> tuple[list[Note], Evidence]:
    """The notes that the second net was asked about, and its answers."""
    rows = nearest(who, np.array([n.onset_s for n in notes]), np.array([n.pitch for n in notes], np.int64))
    known = [n for n, row in zip(notes, rows, strict=True) if row >= 0]
    return known, who.rows(rows[rows >= 0])


def tracks_of(notes: Sequence[Note], who: Evidence, rule: Rule = RULE, *, whole: bool = True) -> list[Track]:
    """The notes by instrument, most notes first.

    ``whole`` says that the bass is among them.
    """
    if not whole:
        rule = replace(rule, never=(*rule.never, "bass"))
    who = replace(who, onset_s=np.array([n.onset_s for n in notes]))
    found = recast(groups(who, rule), notes, who)
    sounds = named([playing(g, [notes[i] for i in g.rows]) for g in found])
    return [Track(s, g.family, g.balance, tuple(notes[i] for i in g.rows)) for s, g in zip(sounds, found, strict=True)]


def playing(group: Group, notes: Sequence[Note]) -> Playing:
    """The manner in which a group's notes are played."""
    return Playing(
        family=group.family,
        balance=group.balance,
        sure=group.sure,
        middle_pitch=float(np.median([n.pitch for n in notes])),
        alone=monophonic_share([n.onset_s for n in notes], [n.offset_s for n in notes]),
        length_s=float(np.mean([n.length_s for n in notes])),
    )
