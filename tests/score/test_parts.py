"""Parts: order, names, programs, and notes that end where the item ends."""

from __future__ import annotations

import pytest

from bridge.music.general_midi import INSTRUMENTS, Instrument, instrument_of
from bridge.music.notes import Bend, Note
from bridge.music.parts import Candidate, Part
from bridge.score.parts import ordered_parts
from tests.support import part_of

NOTE = Note(0.5, 1.0, 60, 90)


def test_parts_come_in_the_order_of_tracks_with_their_sounds() -> None:
    heard = [part_of(r, [NOTE]) for r in ("other", "vocals", "zither_solo", "bass", "drums", "piano")]
    parts, hidden = ordered_parts(heard, 10.0)
    assert not hidden
    assert [p.name for p in parts] == ["Drums", "Bass", "Vocals", "Piano", "Other", "Zither Solo"]
    assert [p.is_drums for p in parts] == [True, False, False, False, False, False]
    assert parts[1].program == 33
    assert [p.role for p in parts] == ["drums", "bass", "vocals", "piano", "other", "zither_solo"]
    assert all(name == i.family or name == "mix" for name, i in INSTRUMENTS.items())


def test_several_parts_of_one_stem_have_names_of_their_own() -> None:
    strings, brass = Instrument("Strings", 48, "strings"), Instrument("Brass", 61, "brass")
    heard = [
        Part("mix/strings", "mix", strings, (NOTE,)),
        Part("other/brass", "other", brass, (NOTE,)),
        Part("other/strings", "other", strings, (NOTE,)),
    ]
    parts, _ = ordered_parts(heard, 10.0)
    assert [(p.id, p.name, p.role) for p in parts] == [
        ("mix/strings", "Strings", "other"),
        ("other/brass", "Brass", "other"),
        ("other/strings", "Strings 2", "other"),
    ]
    with pytest.raises(ValueError, match="same id"):
        ordered_parts([heard[0], heard[0]], 10.0)


def test_a_part_without_notes_gets_no_track_but_keeps_its_candidates() -> None:
    (shown,), _ = ordered_parts([part_of("bass"), part_of("drums", [NOTE])], 10.0)
    assert shown.role == "drums"
    assert ordered_parts([part_of("bass")], 10.0) == ((), ())
    assert ordered_parts([], 10.0) == ((), ())
    beyond = part_of("bass", [Note(11.0, 12.0, 40, 90)])
    shown_parts, (hidden,) = ordered_parts([beyond], 10.0)
    assert shown_parts == ()
    assert hidden.candidates == (Candidate(beyond.notes[0], "spurious"),)


def test_notes_are_sorted_and_end_with_the_item() -> None:
    heard = part_of(
        "bass",
        (Note(1.8, 3.0, 60, 90), Note(0.1, 0.2, 61, 90), Note(1.995, 3.0, 62, 90), Note(5.0, 6.0, 63, 90)),
        (Bend(1.0, 0.5), Bend(2.5, 0.0)),
    )
    (part,), _ = ordered_parts([heard], 2.0)
    assert [(n.onset_s, n.offset_s, n.pitch) for n in part.notes] == [(0.1, 0.2, 61), (1.8, 2.0, 60)]
    assert part.bends == (Bend(1.0, 0.5), Bend(1.997, 0.0))
    assert [c.note.pitch for c in part.candidates] == [62, 63]


def test_a_stem_of_an_outside_engine_is_named_after_itself() -> None:
    assert instrument_of("lead_synth").name == "Lead Synth"
    assert instrument_of("  ").name == "Part"


def test_the_wheel_comes_to_rest_with_the_last_note() -> None:
    """What is played or written behind it on that track would be bent as well."""
    note = Note(1.0, 2.0, 60, 90)
    for bends, last in (
        ((Bend(1.0, 0.0), Bend(1.9, 0.47)), Bend(2.0, 0.0)),
        ((Bend(1.0, 0.5), Bend(2.5, 0.7)), Bend(2.0, 0.0)),
        ((Bend(1.5, 0.5), Bend(1.9, 0.0)), Bend(1.9, 0.0)),
    ):
        ((part,), _) = ordered_parts([part_of("vocals", (note,), bends)], 10.0)
        assert part.bends[-1] == last
    ((part,), _) = ordered_parts([part_of("vocals", (note,))], 10.0)
    assert part.bends == ()
