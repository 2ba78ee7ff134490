"""Laws of the tempo map, for every map that can be."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.music.tempo import TempoMap, TempoPoint

BPM = st.floats(30.0, 300.0)
SECONDS = st.floats(0.0, 3600.0)


@st.composite
def tempo_maps(draw: st.DrawFn) -> TempoMap:
    """Up to twelve tempi, each held for a moment at least."""
    gaps = draw(st.lists(st.floats(0.01, 60.0), max_size=11))
    points = [
        TempoPoint(time_s, draw(BPM), draw(st.none() | st.integers(1, 12))) for time_s in accumulate(gaps, initial=0.0)
    ]
    return TempoMap.from_points(points)


@given(tempo_maps(), SECONDS)
def test_seconds_come_back_from_quarter_notes(tempo: TempoMap, time_s: float) -> None:
    assert tempo.to_s(tempo.to_qn(time_s)) == pytest.approx(time_s, abs=1e-6)


@given(tempo_maps(), SECONDS, SECONDS)
def test_time_never_runs_backwards(tempo: TempoMap, a: float, b: float) -> None:
    early, late = sorted((a, b))
    assert tempo.to_qn(early) <= tempo.to_qn(late)


@given(tempo_maps())
def test_every_point_keeps_its_tempo(tempo: TempoMap) -> None:
    for point in tempo.points:
        begin = tempo.to_qn(point.time_s)
        assert tempo.to_qn(point.time_s + 0.005) - begin == pytest.approx(0.005 * point.bpm / 60.0, rel=1e-4, abs=1e-7)
