"""The tempo map: there and back, and what it refuses."""

from __future__ import annotations

import math
import random

import pytest

from bridge.music.tempo import TempoMap, TempoPoint

VARIED = TempoMap.from_points([TempoPoint(0, 60.0, 4), TempoPoint(2.0, 120.0), TempoPoint(3.0, 90.0, 3)])


def test_the_default_is_120_and_not_certain() -> None:
    tempo = TempoMap()
    assert tempo.points[0].bpm == 120 and tempo.points[0].beats_per_bar == 4 and not tempo.confident
    assert TempoMap.constant(97.0).confident


@pytest.mark.parametrize(("time_s", "qn"), [(0, 0), (1, 1), (2, 2), (2.5, 3), (3, 4), (5, 7), (-1, -1)])
def test_known_places(time_s: float, qn: float) -> None:
    assert VARIED.to_qn(time_s) == pytest.approx(qn)
    assert VARIED.to_s(qn) == pytest.approx(time_s)


def test_there_and_back_is_the_same() -> None:
    rng = random.Random(1)
    points = [TempoPoint(0, 100.0)] + [TempoPoint(i + rng.random() * 0.9, rng.uniform(30, 300)) for i in range(1, 200)]
    tempo = TempoMap.from_points(points)
    times = sorted(rng.uniform(0, 250) for _ in range(2000))
    assert all(abs(tempo.to_s(tempo.to_qn(t)) - t) < 1e-9 for t in times)
    positions = [tempo.to_qn(t) for t in times]
    assert positions == sorted(positions)


@pytest.mark.parametrize(
    "points",
    [
        [],
        [TempoPoint(0.1, 120)],
        [TempoPoint(0, 0)],
        [TempoPoint(0, -1)],
        [TempoPoint(0, math.nan)],
        [TempoPoint(0, math.inf)],
        [TempoPoint(0, 120), TempoPoint(0, 90)],
        [TempoPoint(0, 120), TempoPoint(2, 90), TempoPoint(1, 90)],
        [TempoPoint(0, 120), TempoPoint(math.nan, 90)],
        [TempoPoint(0, 120), TempoPoint(math.inf, 90)],
        [TempoPoint(0, 120, 0)],
        [TempoPoint(0, 120, 1000)],
    ],
)
def test_what_is_no_tempo_map_is_refused(points: list[TempoPoint]) -> None:
    with pytest.raises(ValueError):
        TempoMap.from_points(points)
