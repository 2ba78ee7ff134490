"""Peaks of curves: where they are, which frame of a flat top, and how far beside it."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.audio.peaks import Plateau, between_frames, local_maxima, parabola


@pytest.mark.parametrize(("plateau", "frames"), [("first", [0, 3, 7]), ("last", [0, 4, 7]), ("none", [0, 7])])
def test_a_flat_top_is_one_peak_or_none(plateau: Plateau, frames: list[int]) -> None:
    curve = np.array([2, 1, 0, 3, 3, 1, 0, 5])
    assert np.flatnonzero(local_maxima(curve, plateau)).tolist() == frames


def test_every_key_has_peaks_of_its_own() -> None:
    curves = np.array([[0, 9], [5, 1], [0, 2]], np.float32)
    assert np.argwhere(local_maxima(curves)).tolist() == [[0, 1], [1, 0], [2, 1]]


def test_a_curve_without_frames_has_no_peak() -> None:
    assert local_maxima(np.zeros((0, 88))).shape == (0, 88)


def test_a_peak_lies_between_frames() -> None:
    curve = 4 - (np.arange(20) - 10.3) ** 2
    assert between_frames(curve, 10) == pytest.approx(10.3)
    assert between_frames(curve[::-1], 9) == pytest.approx(8.7)


def test_a_peak_at_an_edge_stays_there() -> None:
    curve = np.array([3.0, 1.0, 2.0])
    assert [between_frames(curve, 0), between_frames(curve, 2)] == [0.0, 2.0]


def test_a_top_is_at_most_half_a_frame_away_and_a_valley_has_none() -> None:
    assert [parabola(0, 1, 9), parabola(9, 1, 0), parabola(2, 1, 2), parabola(1, 2, 1.9)] == [
        0.0,
        0.0,
        0.0,
        pytest.approx(0.409, abs=1e-3),
    ]
    assert [parabola(0, 1, 1.5), parabola(1.5, 1, 0)] == [0.5, -0.5]
