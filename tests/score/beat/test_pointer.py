"""The pointer through a curve of beats: it follows what nobody told it."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.score.beat.pointer import pointed_beats
from bridge.score.beat.variable_tempo import between_frames

RATE_HZ = 50


def curve_of(times_s: np.ndarray, length_s: float, sure: float = 0.8) -> np.ndarray:
    """What a network would say of these beats: two steps beside each other, and a little everywhere."""
    curve = np.full(int(length_s * RATE_HZ), 0.02)
    for time_s in times_s:
        place = time_s * RATE_HZ
        first = int(place)
        curve[first] = max(curve[first], sure * (1 - place + first))
        curve[first + 1] = max(curve[first + 1], sure * (place - first))
    return curve


def times_of(gaps_s: np.ndarray) -> np.ndarray:
    return 0.4 + np.concatenate([[0.0], np.cumsum(gaps_s)])


def found_in(curve: np.ndarray, bpm: float) -> np.ndarray:
    return between_frames(curve, pointed_beats(curve, 60 * RATE_HZ / bpm)) / RATE_HZ


@pytest.mark.parametrize(
    "gaps_s",
    [
        np.geomspace(0.45, 0.75, 40),
        # A ritardando of 40 % over the last eight bars, an accelerando of a half, a new tempo at once.
        np.concatenate([np.full(16, 0.5), np.geomspace(0.5, 0.5 / 0.6, 32)]),
        np.concatenate([np.full(16, 0.6), np.geomspace(0.6, 0.4, 16)]),
        np.concatenate([np.full(24, 0.5), np.full(24, 0.62)]),
    ],
    ids=["slowing", "ritardando", "accelerando", "new tempo"],
)
def test_it_follows_a_tempo_that_changes(gaps_s: np.ndarray) -> None:
    truth = times_of(gaps_s)
    curve = curve_of(truth, truth[-1] + 0.3)
    found = found_in(curve, 60 / float(np.median(gaps_s)))
    assert len(found) == len(truth)
    assert np.abs(found - truth).max() < 0.018


def test_beats_that_are_not_heard_are_filled_in() -> None:
    truth = np.arange(0.5, 28.0, 0.5)
    found = found_in(curve_of(np.delete(truth, [9, 10, 30]), 27.8), 118.0)
    assert found == pytest.approx(truth, abs=0.021)


def test_what_is_between_the_beats_does_not_lead_it_astray() -> None:
    truth = np.arange(0.5, 28.0, 0.5)
    curve = np.maximum(curve_of(truth, 27.8), curve_of(truth[::3] + 0.25, 27.8, sure=0.5))
    assert found_in(curve, 118.0) == pytest.approx(truth, abs=0.021)


@pytest.mark.parametrize("curve", [np.zeros(4), np.ones(30), np.full(500, 0.5)], ids=["short", "sure", "even"])
def test_curves_without_beats_give_steps_of_about_the_period(curve: np.ndarray) -> None:
    steps = pointed_beats(curve, 25.0)
    assert all(0 <= s < len(curve) for s in steps)
    assert all(15 <= gap <= 40 for gap in np.diff(steps))
