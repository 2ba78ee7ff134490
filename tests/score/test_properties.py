"""Laws of clean-up and quantising, for every part that can be."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.music.notes import Note
from bridge.music.parts import Part
from bridge.music.tempo import TempoMap
from bridge.score.cleanup.clean import clean
from bridge.score.quantise import parse_grid, quantise
from tests.music.test_tempo_properties import tempo_maps
from tests.support import part_of

GRIDS = st.sampled_from(["1/4", "1/8", "1/16", "1/8T", "1/8D"])


@st.composite
def notes(draw: st.DrawFn) -> Note:
    onset_s, length_s = draw(st.floats(0.0, 20.0)), draw(st.floats(0.02, 4.0))
    pitch, velocity = draw(st.integers(30, 80)), draw(st.integers(1, 127))
    return Note(onset_s, onset_s + length_s, pitch, velocity, draw(st.floats(0.0, 1.0)))


def parts(stem: str) -> st.SearchStrategy[Part]:
    return st.lists(notes(), max_size=20).map(lambda found: part_of(stem, sorted(found)))


@given(parts("drums"), parts("bass"), parts("other"))
def test_clean_up_deletes_nothing_and_has_nothing_left_to_do(drums: Part, bass: Part, other: Part) -> None:
    before = (drums, bass, other)
    after = clean(before)
    for old, new in zip(before, after, strict=True):
        assert len(new.notes) + len(new.candidates) == len(old.notes)
        assert list(new.notes) == sorted(new.notes)
        struck: dict[int, float] = {}
        for note in new.notes:
            assert note.onset_s >= struck.get(note.pitch, 0.0), "a key is struck while it is down"
            struck[note.pitch] = note.offset_s


@given(parts("other"), tempo_maps(), GRIDS, st.floats(0.0, 1.0))
def test_quantising_loses_no_note_and_moves_none_across_a_line(
    part: Part, tempo: TempoMap, grid: str, by: float
) -> None:
    after = quantise(part, tempo, parse_grid(grid), by)
    assert Counter(n.pitch for n in after.notes) == Counter(n.pitch for n in part.notes)
    assert list(after.notes) == sorted(after.notes)
    assert all(n.length_s > 0 for n in after.notes)


@given(parts("other"), GRIDS)
def test_a_strength_of_nothing_changes_nothing(part: Part, grid: str) -> None:
    after = quantise(part, TempoMap.constant(97.0), parse_grid(grid), 0.0)
    for old, new in zip(part.notes, after.notes, strict=True):
        assert new.onset_s == pytest.approx(old.onset_s)
