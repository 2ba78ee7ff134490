"""The clean-up on notes that are written here, rule by rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.music.notes import Bend, Note
from bridge.score.cleanup.clean import clean
from tests.support import part_of

C = Note(1.0, 2.0, 60, 90, 0.8)


def cleaned(*notes: Note, role: str = "other") -> list[Note]:
    (part,) = clean([part_of(role, notes)])
    assert len(part.notes) + len(part.candidates) == len(notes), "clean-up deletes nothing"
    return list(part.notes)


def test_good_notes_and_bends_pass_untouched() -> None:
    notes = (C, replace(C, pitch=64), replace(C, onset_s=2.0, offset_s=2.3, pitch=67))
    parts = (
        part_of("bass", (replace(C, pitch=36),), (Bend(1.0, 0.2),)),
        part_of("drums", (Note(0.5, 0.55, 36, 100),)),
        part_of("other", notes),
        part_of("vocals"),
    )
    assert clean(parts) == parts


def test_doubles_become_one_note_as_long_and_loud_as_the_most_of_them() -> None:
    assert cleaned(C, Note(1.02, 2.4, 60, 100, 0.5)) == [Note(1.0, 2.4, 60, 100, 0.8)]
    assert len(cleaned(C, Note(1.02, 2.4, 61, 100, 0.5))) == 2


def test_a_key_that_is_struck_again_ends_first() -> None:
    assert [(n.onset_s, n.offset_s) for n in cleaned(C, Note(1.5, 1.8, 60, 90))] == [(1.0, 1.5), (1.5, 1.8)]


def test_cutting_never_leaves_a_note_of_no_length() -> None:
    again = Note(1.031, 2.0, 60, 90)
    assert all(n.length_s >= 0.01 for n in cleaned(C, again, Note(1.062, 1.5, 60, 80)))


def test_short_and_doubtful_notes_are_ghosts() -> None:
    blip = Note(3.0, 3.05, 72, 60, 0.2)
    assert cleaned(C, blip) == [C]
    assert len(cleaned(C, replace(blip, confidence=0.7))) == 2
    assert len(cleaned(C, replace(blip, offset_s=3.5))) == 2


@pytest.mark.parametrize("partial", [12, 19, 24])
def test_a_weak_note_on_a_partial_that_sounds_with_its_note_goes(partial: int) -> None:
    over = Note(1.01, 1.6, 60 + partial, 40, 0.8)
    assert cleaned(C, over) == [C]
    assert len(cleaned(C, replace(over, velocity=80))) == 2, "a played octave stays"
    assert len(cleaned(C, replace(over, onset_s=1.3))) == 2, "a note that begins later stays"
    assert len(cleaned(C, replace(over, pitch=over.pitch + 1))) == 2
    blip = Note(1.01, 1.08, 60 + partial, 80, 0.35)
    assert cleaned(C, blip) == [C]
    assert len(cleaned(C, replace(blip, confidence=0.7))) == 2, "a sure short note stays"


def test_of_two_stems_the_one_that_leaked_loses_its_note() -> None:
    leaked, unison = Note(1.03, 1.7, 60, 30), Note(1.03, 1.7, 60, 85)
    for weak, left_out in ((leaked, 1), (unison, 0)):
        other, vocals = clean([part_of("other", [C]), part_of("vocals", [weak])])
        assert other.notes == (C,)
        assert [c.reason for c in vocals.candidates] == ["bleed"] * left_out
        assert len(vocals.notes) == 1 - left_out
    _, vocals = clean([part_of("other", [C]), part_of("vocals", [replace(leaked, onset_s=1.2)])])
    assert vocals.notes
    # Of the same stem they are two instruments in unison.
    parts = [part_of("other", [C]), replace(part_of("other", [leaked]), id="other/flute")]
    assert clean(parts) == tuple(parts)


def test_drums_are_not_compared_with_pitches() -> None:
    kick = Note(1.0, 1.05, 60, 20, 0.1)
    assert clean([part_of("drums", [kick]), part_of("other", [C])])[0].notes == (kick,)


def test_what_is_left_out_says_why_and_can_be_taken_back() -> None:
    double, blip = Note(1.02, 2.4, 60, 100, 0.5), Note(3.0, 3.05, 72, 60, 0.2)
    partial, again = Note(1.01, 1.6, 79, 40, 0.8), Note(1.995, 2.0, 60, 90)
    (part,) = clean([part_of("other", [C, double, blip, partial, again])])
    assert {(c.note, c.reason) for c in part.candidates} == {
        (double, "duplicate"),
        (blip, "spurious"),
        (partial, "harmonic"),
    }
    assert all(c in clean([part])[0].candidates for c in part.candidates), "a second clean-up keeps them"


def test_nothing_is_cleaned_to_nothing() -> None:
    assert clean([]) == ()
    assert clean([part_of("bass")]) == (part_of("bass"),)


def scale(*keys: int, late_s: float = 0.0, velocity: int = 85) -> list[Note]:
    return [Note(0.3 + 0.4 * i + late_s, 0.6 + 0.4 * i + late_s, k, velocity, 0.9) for i, k in enumerate(keys)]


PIANO = (36, 48, 43, 52, 60, 64, 67, 72, 76, 72, 67, 64, 60, 52, 48, 36)


def test_an_instrument_alone_is_written_once() -> None:
    low = [n for n in scale(*PIANO, late_s=-0.07) if n.pitch < 50]
    bass, other = clean([part_of("bass", low), part_of("other", scale(*PIANO))])
    assert bass.notes == ()
    assert {c.reason for c in bass.candidates} == {"duplicate"}
    assert len(other.notes) == len(PIANO)


def test_a_bass_that_another_plays_along_with_for_a_while_stays() -> None:
    line = scale(36, 43, 48, 43, 36, 43, 50, 45)
    chords = [*line[:5], *(Note(n.onset_s, n.offset_s, n.pitch + 24, 85, 0.9) for n in line)]
    bass, _ = clean([part_of("bass", line), part_of("other", chords)])
    assert list(bass.notes) == line
    # Two notes agree by chance.
    bass, _ = clean([part_of("bass", line[:2]), part_of("other", scale(*PIANO, 40))])
    assert len(bass.notes) == 2
