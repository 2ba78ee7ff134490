"""Bars and tempo maps: the best path, what is given is kept, and maps meet the beats they were made of."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bridge.music.tempo import TempoMap
from bridge.score.beat.bars import METRE_ODDS, METRES, NEW_METRE_COST, find_bars
from bridge.score.beat.constant_tempo import SteadyBeat
from bridge.score.beat.hints import Hints, parse_factor
from bridge.score.beat.reading import Reading, readings
from bridge.score.beat.tempo_map import fitted_beat, tempo_map
from tests.raising import raises_code


def _odds(bars: list[int], first: int = 0) -> np.ndarray:
    marks = np.cumsum([first, *bars])
    odds = np.full(int(marks[-1]), -3.0)
    odds[marks[:-1]] = 3.0
    return odds


@pytest.mark.parametrize("size", METRES)
@pytest.mark.parametrize("first", [0, 1])
def test_every_metre_is_found(size: int, first: int) -> None:
    assert find_bars(_odds([size] * 8, first)).tolist() == list(range(first, first + 8 * size, size))


def test_a_change_of_metre_is_followed() -> None:
    bars = [4] * 6 + [3] * 8
    assert find_bars(_odds(bars)).tolist() == np.cumsum([0, *bars])[:-1].tolist()


def test_it_is_the_best_of_all_divisions() -> None:
    rng = np.random.default_rng(3)
    for _ in range(4):
        odds = rng.normal(-0.5, 2.0, 9)
        on, off = -np.logaddexp(0, -odds), -np.logaddexp(0, odds)

        def total(first: int, sizes: tuple[int, ...], on: np.ndarray = on, off: np.ndarray = off) -> float:
            marks = np.cumsum([first, *sizes])
            kinds = [sizes[0] if i < first else sizes[int(np.searchsorted(marks, i, "right")) - 1] for i in range(9)]
            score = sum((on[i] if i in marks else off[i]) + METRE_ODDS[METRES.index(k)] for i, k in enumerate(kinds))
            return float(score - NEW_METRE_COST * sum(a != b for a, b in itertools.pairwise(sizes)))

        every = [
            total(first, sizes)
            for first in range(7)
            for count in range(1, 6)
            for sizes in itertools.product(METRES, repeat=count)
            if first < sizes[0] and first + sum(sizes[:-1]) < 9 <= first + sum(sizes)
        ]
        marks = find_bars(odds)
        found = [s for first, *rest in [marks.tolist()] for s in [first, *rest]]
        gaps = tuple(np.diff(found).tolist())
        ends = [s for s in METRES if found[-1] + s >= 9]
        leads = [s for s in METRES if s > found[0]]
        mine = max(
            total(found[0], (*gaps, e)) for e in ends
            if (gaps or (e,))[0] in leads or not gaps
        )  # fmt: skip
        assert mine == pytest.approx(max(every))


def test_what_is_given_is_kept() -> None:
    odds = _odds([4] * 8)
    assert np.diff(find_bars(odds, beats_per_bar=3)).tolist() == [3] * (len(find_bars(odds, beats_per_bar=3)) - 1)
    assert np.diff(find_bars(odds, beats_per_bar=11)).tolist() in ([11], [11, 11])
    assert 6 in find_bars(odds, downbeat=6)
    assert find_bars(odds, beats_per_bar=4, downbeat=2).tolist() == list(range(2, 32, 4))


@pytest.mark.parametrize("sizes", [[4] * 8, [4, 4, 4, 3, 4, 4, 4, 4]])
def test_bars_that_were_surely_heard_move_with_the_one_that_is_given(sizes: list[int]) -> None:
    odds = 5 * _odds(sizes)
    heard = np.cumsum([0, *sizes[:-1]])
    assert find_bars(odds).tolist() == heard.tolist()
    assert find_bars(odds, downbeat=int(heard[2])).tolist() == heard.tolist()
    assert np.isin(heard + 1, find_bars(odds, downbeat=int(heard[5]) + 1)).all()


@pytest.mark.parametrize("ratio", [1 / 3, 1 / 2, 2 / 3, 1.0, 3 / 2, 2.0])
def test_a_reading_gives_the_beats_of_its_ratio(ratio: float) -> None:
    pulse = 0.3 + 0.9 * np.arange(24, dtype=np.float64)
    chosen = next(r for r in readings(pulse) if r.ratio == ratio and r.phase > 0)
    beats = chosen.beats(pulse)
    assert np.diff(beats) == pytest.approx(0.9 * ratio)
    assert beats[0] == pytest.approx(0.3 + 0.9 * chosen.phase) and pulse[-1] - beats[-1] < 0.9 * ratio + 1e-9
    assert Reading(1.0, 0.0).beats(pulse) == pytest.approx(pulse)


def _lines(tempo: TempoMap, end_s: float) -> tuple[list[float], list[float]]:
    """Beats and bar lines of a map."""
    signs = {round(tempo.to_qn(p.time_s)): p.beats_per_bar for p in tempo.points if p.beats_per_bar}
    beats, bars, size, following = [], [], 4, 0
    q = 0
    while (time_s := tempo.to_s(q)) < end_s:
        if q in signs:
            size, following = signs[q] or 4, q
        if q == following:
            bars.append(time_s)
            following += size
        beats.append(time_s)
        q += 1
    return beats, bars


def test_a_map_meets_its_beats_and_bars() -> None:
    rng = np.random.default_rng(11)
    for _ in range(60):
        steady = bool(rng.random() < 0.5)
        period = float(rng.uniform(0.25, 1.2))
        gaps = np.full(40, period) if steady else period * np.exp(np.cumsum(rng.normal(0, 0.01, 40)))
        beats = float(rng.uniform(0.02, 3.0)) + np.concatenate([[0.0], np.cumsum(gaps)])
        size = int(rng.integers(2, 8))
        marks = list(range(int(rng.integers(0, size)), 41, size))
        tempo = tempo_map(beats, marks, steady=steady)
        found, bars = _lines(tempo, beats[-1] + 0.01)
        near = 0.0125 if steady else 0.04
        # A short first beat may be off the grid; nothing after it is.
        for time_s in beats[2:]:
            assert min(abs(time_s - f) for f in found) < near
        for mark in marks[1:]:
            if mark > 1:
                assert min(abs(beats[mark] - b) for b in bars) < near


def test_a_change_of_metre_is_in_the_map() -> None:
    beats = 0.5 * np.arange(25, dtype=np.float64)
    tempo = tempo_map(beats, [0, 4, 8, 12, 15, 18, 21, 24], steady=True)
    assert [(p.time_s, p.beats_per_bar) for p in tempo.points] == [(0.0, 4), (6.0, 3)]
    assert {p.bpm for p in tempo.points} == {120.0}


@pytest.mark.parametrize(("bpm", "beats", "jitter_s"), [(130.10, 32, 0.002), (97.3, 40, 0.003), (120.07, 64, 0.004)])
def test_a_tempo_with_a_fraction_is_not_rounded(bpm: float, beats: int, jitter_s: float) -> None:
    rng = np.random.default_rng(1)
    times = 0.1 + np.arange(beats) * 60 / bpm + rng.normal(0, jitter_s, beats)
    pulse = fitted_beat(SteadyBeat(0.1, 60 / bpm * 1.0004), times, float(times[-1]))
    assert 60 / pulse.period_s == pytest.approx(bpm, abs=0.03)
    assert 60 / pulse.period_s != round(bpm)


@pytest.mark.parametrize("bpm", [90.0, 110.0, 128.0])
def test_a_whole_tempo_is_written_whole(bpm: float) -> None:
    rng = np.random.default_rng(2)
    times = 0.1 + np.arange(60) * 60 / bpm + rng.normal(0, 0.006, 60)
    assert 60 / fitted_beat(SteadyBeat(0.1, 60 / bpm), times, float(times[-1])).period_s == pytest.approx(bpm, abs=1e-9)


@pytest.mark.parametrize(
    ("field", "value"),
    [("bpm", 0.0), ("bpm", 5000.0), ("bpm", float("nan")), ("beats_per_bar", 0), ("beats_per_bar", 99),
     ("first_downbeat_s", -0.1), ("first_downbeat_s", float("inf"))],
)  # fmt: skip
def test_nonsense_is_refused_in_a_sentence(field: str, value: float) -> None:
    with raises_code("downbeat-out-of-range", "metre-out-of-range", "tempo-out-of-range"):
        Hints(**{field: value})  # type: ignore[arg-type]


def test_factors() -> None:
    assert (parse_factor("x2"), parse_factor(" X1/2 "), parse_factor("x0.5")) == (2.0, 0.5, 0.5)
    with raises_code("tempo-factor-invalid"):
        parse_factor("double")
