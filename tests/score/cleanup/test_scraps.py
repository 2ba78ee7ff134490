"""What the clean-up leaves of a part, a note or two, goes to a neighbour."""

from __future__ import annotations

from bridge.music.general_midi import Instrument, instrument_of
from bridge.music.notes import Note
from bridge.music.parts import Candidate, Part
from bridge.score.cleanup.scraps import without_scraps


def part(part_id: str, family: str, pitches: list[int], *, stem: str = "other", start_s: float = 0.0) -> Part:
    notes = tuple(Note(start_s + k * 0.5, start_s + k * 0.5 + 0.4, p, 80) for k, p in enumerate(pitches))
    return Part(part_id, stem, Instrument(family.title(), 0, family), notes)


PIANO = part("other/keys", "keys", [60, 62, 64, 65, 67])
GUITAR = part("other/guitar", "guitar", [50, 52, 54, 55])


def test_a_scrap_goes_to_the_nearest_in_pitch() -> None:
    scrap = part("other/winds", "winds", [53, 52], start_s=10.0)
    piano, guitar = without_scraps([PIANO, GUITAR, scrap])
    assert piano == PIANO
    assert guitar.notes == (*GUITAR.notes, *scrap.notes)


def test_one_of_its_own_family_comes_first() -> None:
    scrap = part("other/guitar2", "guitar", [72], start_s=10.0)
    piano, guitar = without_scraps([PIANO, GUITAR, scrap])
    assert (len(piano.notes), len(guitar.notes)) == (5, 5)


def test_no_note_and_no_candidate_is_lost_and_no_key_doubled() -> None:
    known = Candidate(Note(3.0, 3.2, 70, 50), "below_threshold")
    again = Note(0.01, 0.3, 60, 70)
    scrap = Part("other/winds", "other", Instrument("Flute", 73, "winds"), (again,), (), (known,))
    (piano,) = without_scraps([PIANO, scrap])
    assert [n.pitch for n in piano.notes] == [60, 62, 64, 65, 67]
    assert {c.reason for c in piano.candidates} == {"below_threshold", "duplicate"}
    assert {c.note for c in piano.candidates} == {known.note, again}


def test_scraps_alone_become_one_part() -> None:
    """A short item: six notes by three instruments."""
    flute, piano = part("other/winds", "winds", [72], start_s=3), part("other/keys", "keys", [60, 64])
    guitar = part("other/guitar", "guitar", [50, 52, 54], start_s=6)
    (one,) = without_scraps([piano, guitar, flute])
    assert one.id == "other/guitar"
    assert one.notes == (*piano.notes, *flute.notes, *guitar.notes)


def test_drums_and_the_only_part_of_a_stem_stay() -> None:
    bass = part("bass", "bass", [40], stem="bass")
    drums = Part("drums", "other", instrument_of("drums"), (Note(0.0, 0.1, 36, 90),))
    assert without_scraps([PIANO, bass, drums]) == (PIANO, bass, drums)


def test_a_part_with_candidates_alone_stays_hidden() -> None:
    hidden = Part(
        "other/organ", "other", Instrument("Organ", 16, "organ"), (), (), (Candidate(PIANO.notes[0], "bleed"),)
    )
    assert without_scraps([PIANO, hidden]) == (PIANO, hidden)
