"""Quantising: nothing lost, nothing merged, lengths and bends kept with their notes."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from bridge.music.notes import Bend, Note
from bridge.music.parts import Part
from bridge.music.tempo import TempoMap, TempoPoint
from bridge.score.quantise import parse_grid, quantise
from tests.raising import raises_code
from tests.support import part_of

TEMPO = TempoMap.constant(120.0)
SIXTEENTH = parse_grid("1/16")


def _onsets(heard: Part) -> list[float]:
    return [round(n.onset_s, 6) for n in heard.notes]


@pytest.mark.parametrize(
    ("text", "step_qn"),
    [("1/4", 1.0), ("1/16", 0.25), ("1/8T", 1 / 3), ("1/16t", 1 / 6), ("1/8D", 0.75), (" 1/1 ", 4.0), ("1/64", 1 / 16)],
)
def test_grids(text: str, step_qn: float) -> None:
    assert parse_grid(text).step_qn == pytest.approx(step_qn)


@pytest.mark.parametrize("text", ["", "16", "1/5", "1/0", "1/16TT", "2/4", "1/128", "1/-4", "1/16; rm", "x" * 999])
def test_what_is_no_grid_is_refused_with_those_that_are(text: str) -> None:
    with raises_code("grid-invalid") as caught:
        parse_grid(text)
    assert len(str(caught.value)) < 250


def test_strength_is_the_share_of_the_way() -> None:
    heard = part_of("other", (Note(0.53, 0.7, 60, 90), Note(1.11, 1.3, 62, 80)))
    assert _onsets(quantise(heard, TEMPO, SIXTEENTH, 1.0)) == [0.5, 1.125]
    assert _onsets(quantise(heard, TEMPO, SIXTEENTH, 0.5)) == [0.515, 1.1175]
    assert quantise(heard, TEMPO, SIXTEENTH, 0.0) == heard
    # What is on the grid stays there.
    once = quantise(heard, TEMPO, SIXTEENTH, 1.0)
    assert _onsets(quantise(once, TEMPO, SIXTEENTH, 1.0)) == _onsets(once)


def test_the_items_end_is_no_place_for_a_note() -> None:
    heard = part_of("other", (Note(3.6, 3.8, 60, 90), Note(3.92, 4.0, 62, 80)))
    assert _onsets(quantise(heard, TEMPO, parse_grid("1/8"), length_s=4.0)) == [3.5, 3.92]


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_strength_outside_0_to_1_is_refused(strength: float) -> None:
    with raises_code("quantise-strength-out-of-range"):
        quantise(part_of("other"), TEMPO, SIXTEENTH, strength)


def test_the_grid_follows_the_tempo_map() -> None:
    tempo = TempoMap.from_points([TempoPoint(0.0, 100.0, 1), TempoPoint(0.6, 87.0, 4), TempoPoint(9.3, 140.0)])
    notes = tuple(Note(tempo.to_s(q / 4) + 0.01, tempo.to_s(q / 4) + 0.05, 60, 90) for q in range(0, 100, 3))
    for note in quantise(part_of("other", notes), tempo, SIXTEENTH).notes:
        position = tempo.to_qn(note.onset_s) * 4
        assert position == pytest.approx(round(position), abs=1e-6)


def test_a_note_keeps_its_length_unless_its_follower_begins() -> None:
    heard = part_of(
        "other", (Note(0.02, 0.24, 60, 90), Note(0.24, 0.4, 60, 90), Note(1.02, 1.22, 60, 90), Note(1.9, 2.6, 60, 90))
    )
    moved = quantise(heard, TEMPO, SIXTEENTH).notes
    assert [(round(n.onset_s, 3), round(n.offset_s, 3)) for n in moved] == [
        (0.0, 0.22),
        (0.25, 0.41),
        (1.0, 1.2),
        (1.875, 2.575),
    ]
    legato = part_of("other", (Note(0.05, 0.3, 60, 90), Note(0.3, 0.5, 62, 90)))
    first, second = quantise(legato, TEMPO, SIXTEENTH).notes
    assert first.offset_s <= second.onset_s == pytest.approx(0.25)


def test_a_roll_finer_than_the_grid_stays_a_roll() -> None:
    roll = tuple(Note(1.0 + i * 0.03, 1.02 + i * 0.03, 38, 60 + i) for i in range(12))
    moved = quantise(part_of("other", roll), TEMPO, parse_grid("1/8")).notes
    assert len(moved) == 12
    assert all(b.onset_s - a.onset_s > 0.004 for a, b in pairwise(moved))
    assert [n.velocity for n in moved] == [n.velocity for n in roll]


def test_a_chord_lands_on_one_line_and_stays_a_chord() -> None:
    chord = tuple(Note(0.49 + i * 0.01, 1.2, 60 + 4 * i, 90) for i in range(3))
    moved = quantise(part_of("other", chord), TEMPO, SIXTEENTH).notes
    assert [n.onset_s for n in moved] == [0.5, 0.5, 0.5]
    assert {n.pitch for n in moved} == {60, 64, 68}


def test_a_grace_note_of_a_melody_does_not_become_a_chord() -> None:
    melody = part_of("other", (Note(0.46, 0.5, 62, 70), Note(0.5, 0.9, 64, 90), Note(1.0, 1.2, 60, 90)))
    grace, main, _ = quantise(melody, TEMPO, parse_grid("1/4")).notes
    assert grace.onset_s < main.onset_s and grace.offset_s <= main.onset_s + 1e-9


def test_bends_move_with_their_notes() -> None:
    heard = part_of(
        "other",
        (Note(0.04, 0.45, 60, 90), Note(0.54, 0.9, 62, 90)),
        (Bend(0.04, 0.0), Bend(0.2, 0.5), Bend(0.53, 0.4), Bend(0.54, 0.0), Bend(0.7, -0.3)),
    )
    moved = quantise(heard, TEMPO, SIXTEENTH)
    assert _onsets(moved) == [0.0, 0.5]
    assert [(round(b.time_s, 3), b.semitones) for b in moved.bends] == [
        (0.0, 0.0),
        (0.16, 0.5),
        (0.49, 0.4),
        (0.5, 0.0),
        (0.66, -0.3),
    ]


def test_bends_of_a_note_end_where_the_next_one_now_begins() -> None:
    heard = part_of(
        "other", (Note(0.1, 0.5, 60, 90), Note(0.54, 0.9, 62, 90)), (Bend(0.1, 0.0), Bend(0.5, 0.9), Bend(0.54, 0.1))
    )
    moved = quantise(heard, TEMPO, SIXTEENTH)
    assert _onsets(moved) == [0.125, 0.5]
    assert [(round(b.time_s, 3), b.semitones) for b in moved.bends] == [(0.125, 0.0), (0.5, 0.1)]


@pytest.mark.parametrize("grid", ["1/4", "1/8T", "1/16", "1/32"])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_in_comes_out(grid: str, seed: int) -> None:
    rng = random.Random(seed)
    notes = []
    for _ in range(200):
        onset = rng.uniform(0, 30)
        notes.append(Note(onset, onset + rng.uniform(0.01, 1.5), rng.randint(40, 52), rng.randint(1, 127)))
    bends = tuple(Bend(rng.uniform(0, 30), rng.uniform(-2, 2)) for _ in range(50))
    moved = quantise(part_of("other", tuple(notes), bends), TEMPO, parse_grid(grid), rng.random())
    assert len(moved.notes) == 200 and list(moved.notes) == sorted(moved.notes)
    assert sorted((n.pitch, n.velocity) for n in moved.notes) == sorted((n.pitch, n.velocity) for n in notes)
    assert [b.time_s for b in moved.bends] == sorted(b.time_s for b in moved.bends)
    for pitch in range(40, 53):
        times = [n.onset_s for n in moved.notes if n.pitch == pitch]
        assert len(set(times)) == len(times)
