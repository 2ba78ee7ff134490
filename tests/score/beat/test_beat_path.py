"""The path through a curve of beats, alone and beside others."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.score.beat.beat_path import beat_paths
from bridge.score.beat.variable_tempo import between_frames

RATE_HZ = 50


def _curve(times_s: np.ndarray, length_s: float = 0.0) -> np.ndarray:
    # Beats go on for as long as the curve does.
    curve = np.zeros(int((length_s or times_s[-1] + 0.1) * RATE_HZ))
    for time_s in times_s:
        place = time_s * RATE_HZ
        first = int(place)
        curve[first] += 6.0 * (1 - place + first)
        curve[first + 1] += 6.0 * (place - first)
    return curve


def _slowing(count: int = 40) -> np.ndarray:
    return 0.4 + np.cumsum(np.geomspace(0.45, 0.7, count))


def test_it_follows_beats_that_slow_down() -> None:
    truth = _slowing()
    curve = _curve(truth)
    period = np.interp(np.arange(len(curve)) / RATE_HZ, truth[:-1], np.diff(truth)) * RATE_HZ
    (beats,) = beat_paths(curve[None], period[None])
    assert len(beats) == len(truth)
    assert np.abs(between_frames(curve, beats) / RATE_HZ - truth).max() < 0.012


def test_beats_that_are_not_heard_are_filled_in() -> None:
    truth = np.arange(0.5, 28.0, 0.5)
    curve = _curve(np.delete(truth, [9, 10, 30]))
    (beats,) = beat_paths(curve[None], np.full((1, len(curve)), 0.5 * RATE_HZ))
    assert beats == pytest.approx(truth * RATE_HZ, abs=1.01)


def test_curves_do_not_disturb_each_other() -> None:
    one, other = _curve(_slowing(), 30.0), _curve(np.arange(0.3, 29.0, 0.31), 30.0)
    slow, fast = np.full(len(one), 0.55 * RATE_HZ), np.full(len(one), 0.31 * RATE_HZ)
    both = beat_paths(np.stack([one, other]), np.stack([slow, fast]))
    for found, curve, period in zip(both, (one, other), (slow, fast), strict=True):
        assert found == pytest.approx(beat_paths(curve[None], period[None])[0])
