"""What note a beat is: dotted quarters where all three eighths sound, eighths where odd bars run fast."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.score.beat.counting import DOTTED, EIGHTHS, QUARTERS, Counting, counting_of
from bridge.score.beat.features import BeatEvidence, NoteArrays
from bridge.score.beat.tempo_map import tempo_map

PERIOD_S = 0.5


def _heard(places: list[float], beats: int = 32) -> BeatEvidence:
    rng = np.random.default_rng(4)
    onsets = np.array([(b + p) * PERIOD_S for b in range(beats) for p in places]) + rng.normal(
        0, 0.006, beats * len(places)
    )
    return BeatEvidence(NoteArrays(onsets, onsets + 0.1, np.full(len(onsets), 42), np.full(len(onsets), 0.8)))


@pytest.mark.parametrize(
    ("places", "expected"),
    [([0, 1 / 3, 2 / 3], DOTTED), ([0, 2 / 3], QUARTERS), ([0, 0.5], QUARTERS), ([0, 0.25, 0.5, 0.75], QUARTERS),
     ([0], QUARTERS)],
)  # fmt: skip
def test_thirds_make_dotted_quarters_and_a_shuffle_does_not(places: list[float], expected: Counting) -> None:
    beats = PERIOD_S * np.arange(33, dtype=np.float64)
    assert counting_of(beats, range(0, 33, 2), _heard(places)) == expected


@pytest.mark.parametrize(("bpm", "size", "expected"), [(220, 7, EIGHTHS), (220, 4, QUARTERS), (110, 7, QUARTERS)])
def test_fast_bars_of_seven_are_eighths(bpm: float, size: int, expected: Counting) -> None:
    beats = 60 / bpm * np.arange(50, dtype=np.float64)
    assert counting_of(beats, range(0, 50, size), BeatEvidence()) == expected


def test_the_map_counts_in_what_was_chosen() -> None:
    beats = 1.0 * np.arange(9, dtype=np.float64)
    six = tempo_map(beats, [0, 2, 4, 6, 8], steady=True, counting=DOTTED)
    assert [(p.bpm, p.beats_per_bar, p.beat_unit) for p in six.points] == [(90.0, 6, 8)]
    assert six.to_s(1.5) == pytest.approx(1.0)
    seven = tempo_map(0.25 * np.arange(15, dtype=np.float64), [0, 7, 14], steady=True, counting=EIGHTHS)
    assert [(p.bpm, p.beats_per_bar, p.beat_unit) for p in seven.points] == [(120.0, 7, 8)]
