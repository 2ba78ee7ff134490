"""Swing and groove: measured as played, and a grid bent to it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bridge.music.groove import Groove
from bridge.music.notes import Note
from bridge.music.tempo import TempoMap
from bridge.score.groove import measure_groove
from bridge.score.quantise import parse_grid, quantise
from tests.support import part_of

TEMPO = TempoMap.constant(120.0)
GROOVES = [Groove(), Groove(0.62), Groove(0.5, 0.6), Groove(0.66, 0.5, (0.02, 0.0, -0.03, 0.01))]


def _eighths(swing: float, late: float = 0.0, beats: int = 32, jitter: float = 0.004) -> list[float]:
    rng = np.random.default_rng(2)
    places = [b + p + (late if p else 0.0) for b in range(beats) for p in (0.0, swing)]
    return [max(0.0, p * 0.5 + float(rng.normal(0, jitter))) for p in places]


@pytest.mark.parametrize("swing", [0.5, 0.56, 0.6, 2 / 3, 0.7])
def test_the_swing_is_measured(swing: float) -> None:
    assert measure_groove(_eighths(swing), TEMPO).swing == pytest.approx(swing, abs=0.012)


def test_straight_sixteenths_are_no_swing() -> None:
    onsets = [q * 0.5 for q in np.arange(0, 24, 0.25)]
    groove = measure_groove(onsets, TEMPO)
    assert (groove.swing, groove.swing_16) == (0.5, 0.5)
    assert groove.offsets == pytest.approx((0.0,) * 4, abs=1e-6)


def test_swung_sixteenths_are_told_from_swung_eighths() -> None:
    onsets = [(b + p) * 0.5 for b in range(24) for p in (0.0, 0.31, 0.5, 0.81)]
    groove = measure_groove(onsets, TEMPO)
    assert groove.swing == 0.5 and groove.swing_16 == pytest.approx(0.62, abs=0.01)


def test_where_the_beat_is_not_certain_nothing_is_measured() -> None:
    assert measure_groove(_eighths(0.66), TempoMap()).onsets == 0
    assert measure_groove([0.1, 0.2], TEMPO) == Groove()


@pytest.mark.parametrize("groove", GROOVES)
def test_what_is_played_rises_with_what_is_written(groove: Groove) -> None:
    places = [groove.played(float(q)) for q in np.arange(0, 8, 0.125)]
    assert all(b > a for a, b in pairwise(places))
    assert groove.played(3.25) - groove.played(1.25) == pytest.approx(2.0)


def test_quantising_to_the_own_groove_keeps_the_swing() -> None:
    onsets = sorted(_eighths(0.63, jitter=0.012))
    part = part_of("drums", tuple(Note(t, t + 0.05, 42, 90) for t in onsets))
    groove = measure_groove(onsets, TEMPO)
    own = quantise(part, TEMPO, parse_grid("1/8G"), groove=groove)
    straight = quantise(part, TEMPO, parse_grid("1/8"), groove=groove)
    parts = {round(n.onset_s * 2 % 1, 3) % 1 for n in own.notes}
    assert len(parts) <= 3 and any(abs(p - 0.63) < 0.02 for p in parts)
    assert {round(n.onset_s * 2 % 1, 3) for n in straight.notes} <= {0.0, 0.5}


def test_straightened_undoes_the_swing() -> None:
    groove = Groove(0.65)
    for written in np.arange(0, 4, 0.5):
        assert groove.straightened(groove.played(float(written))) == pytest.approx(written)
