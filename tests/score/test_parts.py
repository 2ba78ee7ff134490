"""Parts: order, names, programs, and notes that end where the item ends."""

from __future__ import annotations

from bridge.music.general_midi import VOICES
from bridge.music.notes import Bend, Note, Transcription
from bridge.score.parts import build_parts, voice_of

NOTE = Note(0.5, 1.0, 60, 90)


def test_parts_come_in_the_order_of_tracks_with_their_sounds() -> None:
    heard = {r: Transcription((NOTE,)) for r in ("other", "vocals", "zither_solo", "bass", "drums", "piano")}
    parts = build_parts(heard, 10.0)
    assert [p.name for p in parts] == ["Drums", "Bass", "Vocals", "Piano", "Other", "Zither Solo"]
    assert [p.is_drums for p in parts] == [True, False, False, False, False, False]
    assert parts[1].program == 33
    assert all(0 <= v.program <= 127 for v in VOICES.values())


def test_a_role_without_notes_has_no_part() -> None:
    assert build_parts({"bass": Transcription(), "drums": Transcription((NOTE,))}, 10.0)[0].role == "drums"
    assert build_parts({"bass": Transcription()}, 10.0) == ()
    assert build_parts({}, 10.0) == ()


def test_notes_are_sorted_and_end_with_the_item() -> None:
    heard = Transcription(
        (Note(1.8, 3.0, 60, 90), Note(0.1, 0.2, 61, 90), Note(1.995, 3.0, 62, 90), Note(5.0, 6.0, 63, 90)),
        (Bend(1.0, 0.5), Bend(2.5, 0.0)),
    )
    (part,) = build_parts({"bass": heard}, 2.0)
    assert [(n.onset_s, n.offset_s, n.pitch) for n in part.notes] == [(0.1, 0.2, 61), (1.8, 2.0, 60)]
    assert part.bends == (Bend(1.0, 0.5),)


def test_a_role_of_an_outside_engine_is_named_after_itself() -> None:
    assert voice_of("lead_synth").name == "Lead Synth"
    assert voice_of("  ").name == "Part"
