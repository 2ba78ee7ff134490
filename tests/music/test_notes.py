"""Notes refuse what MIDI cannot hold; units go there and back."""

from __future__ import annotations

import math

import pytest

from bridge.music.notes import Note
from bridge.units import gain_to_db, pitch_to_hz


@pytest.mark.parametrize(
    ("onset_s", "offset_s", "pitch", "velocity"),
    [
        (1.0, 1.0, 60, 90),
        (1.0, 0.5, 60, 90),
        (-0.1, 0.5, 60, 90),
        (math.nan, 0.5, 60, 90),
        (0.0, math.nan, 60, 90),
        (0.0, math.inf, 60, 90),
        (0.0, 0.5, 128, 90),
        (0.0, 0.5, -1, 90),
        (0.0, 0.5, 60, 0),
        (0.0, 0.5, 60, 128),
    ],
)
def test_a_note_that_cannot_be(onset_s: float, offset_s: float, pitch: int, velocity: int) -> None:
    with pytest.raises(ValueError):
        Note(onset_s, offset_s, pitch, velocity)


def test_notes_sort_by_time_then_pitch() -> None:
    notes = [Note(1.0, 2.0, 60, 90), Note(0.5, 3.0, 70, 90), Note(0.5, 3.0, 50, 90)]
    assert [n.pitch for n in sorted(notes)] == [50, 70, 60]
    assert Note(0.5, 3.0, 50, 90).length_s == 2.5


def test_units() -> None:
    assert pitch_to_hz(69) == 440 and pitch_to_hz(81) == pytest.approx(880)
    assert gain_to_db(0.5) == pytest.approx(-6.0206)
    assert gain_to_db(0.0) == -120 and gain_to_db(1e-9) == -120
