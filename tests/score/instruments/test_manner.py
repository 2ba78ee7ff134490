"""A group's family is told by the sound of all its notes and by how they are played."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.music.notes import Note
from bridge.score.instruments.assign import Group
from bridge.score.instruments.evidence import EMBEDDING, Evidence
from bridge.score.instruments.families import FAMILIES
from bridge.score.instruments.manner import NEVER, numbers_of, recast


def evidence(notes: list[Note], **chances: float) -> Evidence:
    """What the net says of each note alone, the same of all."""
    rest = (1 - sum(chances.values())) / (len(FAMILIES) - len(chances))
    row = np.log([chances.get(f, rest) for f in FAMILIES]).astype(np.float32)
    count = len(notes)
    zero = np.zeros(count, np.float32)
    return Evidence(
        onset_s=np.array([n.onset_s for n in notes]),
        pitch=np.array([n.pitch for n in notes], np.int64),
        real=zero + 0.9,
        family=np.tile(row, (count, 1)),
        embedding=np.zeros((count, EMBEDDING), np.float32),
        balance=zero,
        width=zero,
    )


def melody(count: int, step_s: float = 0.25, length_s: float = 0.2, pitch: int = 72) -> list[Note]:
    """One note after the other."""
    return [Note(i * step_s, i * step_s + length_s, pitch + (0, 2, 4, 2)[i % 4], 90) for i in range(count)]


def chords(count: int, strum_s: float = 0.0) -> list[Note]:
    """Triads, struck at once or strummed."""
    return [
        Note(i * 0.5 + k * strum_s, i * 0.5 + 0.45, pitch, 90)
        for i in range(count)
        for k, pitch in enumerate((60, 64, 67))
    ]


def whole(notes: list[Note], family: str = "keys") -> Group:
    """All notes as one group."""
    return Group(family, np.arange(len(notes)), 0.0, 0.3)


@pytest.mark.parametrize("family", ["keys", "guitar", "strings", "winds", "brass", "organ", "synth", "mallets"])
def test_what_the_net_says_clearly_of_each_note_is_the_groups_family(family: str) -> None:
    notes = melody(40)
    (group,) = recast([whole(notes)], notes, evidence(notes, **{family: 0.9}))
    assert group.family == family
    assert group.sure > 0.5


def test_how_the_notes_are_played_counts_beside_what_the_net_says_of_them() -> None:
    pieces = melody(20, step_s=0.8, length_s=0.78), melody(20), chords(7)
    sure = [recast([whole(n)], n, evidence(n, guitar=0.3, winds=0.2))[0].sure for n in pieces]
    assert len({round(s, 3) for s in sure}) == len(pieces)


def test_a_bass_stays_and_nobody_else_becomes_one() -> None:
    notes = melody(20, pitch=40)
    who = evidence(notes, bass=0.9)
    (bass,) = recast([whole(notes, "bass")], notes, who)
    assert (bass.family, bass.sure) == ("bass", whole(notes).sure)
    (other,) = recast([whole(notes, "guitar")], notes, who)
    assert other.family not in NEVER


@pytest.mark.parametrize("notes", [melody(1), chords(1), melody(2), [Note(5.0, 3600.0, 0, 1)], melody(3) * 2])
def test_few_and_strange_notes_have_numbers_too(notes: list[Note]) -> None:
    who = evidence(notes, keys=0.4)
    numbers = numbers_of(np.arange(len(notes)), notes, who)
    assert np.isfinite(numbers).all()
    (group,) = recast([whole(notes)], notes, who)
    assert 0 < group.sure <= 1


def test_the_groups_keep_their_notes_and_order() -> None:
    notes = melody(30) + chords(10)
    groups = [Group("keys", np.arange(30), 0.0, 0.3), Group("guitar", np.arange(30, 60), 0.4, 0.3)]
    found = recast(groups, notes, evidence(notes, organ=0.5))
    assert [(g.rows.tolist(), g.balance) for g in found] == [(g.rows.tolist(), g.balance) for g in groups]
