"""Notation: readable values, bars that add up, spelling by key."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bridge.music.notes import Note
from bridge.music.tempo import TempoMap, TempoPoint
from bridge.score.notation.bars import bar_lines_s, bars_of, beats_of
from bridge.score.notation.rhythm import DOTTED, QUARTER, Event, snapped, voices, written
from bridge.score.notation.spelling import spelled


def _values(start: int, length: int) -> list[str]:
    return [p.value + "." * p.dots for p in written(Event(start, length, (60,)), 0, 48)]


@pytest.mark.parametrize(
    ("start", "length", "values"),
    [
        (0, 48, ["whole"]),
        (0, 36, ["half."]),
        (0, 18, ["quarter."]),
        (6, 12, ["quarter"]),
        (9, 12, ["16th", "eighth."]),
        (12, 24, ["half"]),
        (12, 36, ["half", "quarter"]),
        (4, 4, ["eighth"]),
        (6, 3, ["16th"]),
    ],
)
def test_values_show_the_beats(start: int, length: int, values: list[str]) -> None:
    if (start, length) == (12, 36):
        assert sum(p.length for p in written(Event(start, length, (60,)), 0, 48)) == 36
    else:
        assert _values(start, length) == values


def test_every_bar_is_filled_exactly_whatever_the_notes() -> None:
    rng = np.random.default_rng(8)
    tempo = TempoMap.constant(100)
    for _ in range(40):
        count = int(rng.integers(0, 50))
        onsets = np.sort(rng.uniform(0, 15, count))
        notes = [Note(float(t), float(t + rng.uniform(0.03, 3)), int(rng.integers(40, 80)), 90) for t in onsets]
        for line in voices(snapped(notes, tempo.to_qn), 8 * 48):
            assert line[0].start == 0 and line[-1].end == 8 * 48
            assert all(a.end == b.start for a, b in pairwise(line))
            for bar in range(8):
                pieces = [
                    w for e in line if e.end > bar * 48 and e.start < bar * 48 + 48
                    for w in written(e, bar * 48, bar * 48 + 48)
                ]  # fmt: skip
                assert sum(p.length for p in pieces) == 48
                assert all(p.length > 0 for p in pieces)


def test_no_onset_is_lost() -> None:
    tempo = TempoMap.constant(120)
    notes = [Note(q / 2, q / 2 + 0.2, 60 + i, 90) for i, q in enumerate((0.0, 0.5, 1.02, 1.32, 1.68, 2.0, 2.24, 3.0))]
    line = voices(snapped(notes, tempo.to_qn), 48)[0]
    assert [(e.start, e.pitches) for e in line if e.pitches] == [
        (0, (60,)), (6, (61,)), (12, (62,)), (16, (63,)), (20, (64,)), (24, (65,)), (27, (66,)), (36, (67,)),
    ]  # fmt: skip


def test_a_held_bass_under_a_moving_line_is_a_second_voice() -> None:
    tempo = TempoMap.constant(120)
    moving = [Note(i * 0.5, i * 0.5 + 0.45, 72 + i, 90) for i in range(4)]
    lines = voices(snapped([Note(0.0, 2.0, 48, 90), *moving], tempo.to_qn), QUARTER * 4)
    assert len(lines) == 2
    assert [(e.start, e.length, e.pitches) for e in lines[1]] == [(0, 48, (48,))]


def test_bars_follow_the_metre() -> None:
    points = (TempoPoint(0.0, 120.0, 1), TempoPoint(0.5, 120.0, 3), TempoPoint(3.5, 60.0, 4))
    bars = bars_of(TempoMap(points, confident=True), 8.0)
    assert [(b.start_qn, b.beats) for b in bars] == [(0, 1), (1, 3), (4, 3), (7, 4), (11, 4)]
    assert bar_lines_s(TempoMap(points, confident=True), 7.0)[:4] == pytest.approx([0.0, 0.5, 2.0, 3.5])


def test_bars_of_six_and_seven_eighths() -> None:
    points = (TempoPoint(0.0, 90.0, 6, 8), TempoPoint(4.0, 120.0, 7, 8))
    bars = bars_of(TempoMap(points, confident=True), 7.0)
    assert [(b.start_qn, b.beats, b.unit) for b in bars] == [(0, 6, 8), (3, 6, 8), (6, 7, 8), (9.5, 7, 8)]
    beats, marks = beats_of(bars)
    assert beats[:5] == [0, 1.5, 3, 4.5, 6] and beats[5:8] == [6.5, 7, 7.5] and marks == [0, 2, 4, 11]


@pytest.mark.parametrize(
    ("start", "length", "values"),
    [(0, 36, ["half."]), (0, 18, ["quarter."]), (6, 12, ["quarter"]), (6, 18, ["quarter", "eighth"]),
     (12, 24, ["eighth", "quarter."]), (0, 6, ["eighth"]), (3, 9, ["16th", "eighth"]),
     (18, 36, ["quarter.", "quarter."])],
)  # fmt: skip
def test_values_in_six_eight_show_dotted_quarters(start: int, length: int, values: list[str]) -> None:
    pieces = written(Event(start, length, (60,)), 0, 72, DOTTED)
    assert [p.value + "." * p.dots for p in pieces] == values
    assert sum(p.length for p in pieces) == length


@pytest.mark.parametrize(
    ("pitch", "fifths", "name"),
    [
        (61, 0, "C#4"), (63, 0, "Eb4"), (70, 0, "Bb4"), (66, 1, "F#4"), (66, -5, "Gb4"), (60, 7, "B#3"),
        (59, -6, "Cb4"), (68, 0, "G#4"), (60, 0, "C4"), (71, 0, "B4"), (64, -4, "E4"), (21, 0, "A0"),
    ],
)  # fmt: skip
def test_letters_are_those_of_the_key(pitch: int, fifths: int, name: str) -> None:
    letter, sharps, octave = spelled(pitch, fifths)
    assert f"{letter}{'#' * sharps}{'b' * -sharps}{octave}" == name


def test_spelling_keeps_the_sound() -> None:
    steps = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    for pitch in range(12, 128):
        for fifths in range(-6, 7):
            letter, sharps, octave = spelled(pitch, fifths)
            assert steps[letter] + sharps + 12 * (octave + 1) == pitch
            assert abs(sharps) <= 2
