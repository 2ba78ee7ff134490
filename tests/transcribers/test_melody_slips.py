"""Short notes beside the scale: slips go to the scale, notes that are meant stay."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.transcribers.melody.path import Segment
from bridge.transcribers.melody.slips import without_slips
from bridge.transcribers.melody.track import FPS

LOWEST = 40
MELODY = (60, 62, 64, 65, 67, 65, 64, 62) * 4
"""In C."""


def sung(keys: tuple[int, ...], extra: tuple[int, float, float]) -> tuple[list[int], list[int]]:
    """Keys before and after, half a second each; the last has its own key, length in seconds, and way off the key."""
    key, length_s, away = extra
    lengths = [FPS // 2] * len(keys) + [round(length_s * FPS)]
    edges = np.cumsum([0, *lengths])
    notes = [Segment(int(a), int(b), k - LOWEST) for a, b, k in zip(edges, edges[1:], (*keys, key), strict=False)]
    pitch = np.concatenate([np.full(n, k, np.float32) for n, k in zip(lengths, (*keys, key + away), strict=True)])
    pitch[::7] = np.nan
    return [n.key + LOWEST for n in notes], [n.key + LOWEST for n in without_slips(notes, LOWEST, pitch)]


@pytest.mark.parametrize(("away", "becomes"), [(-0.4, 60), (0.4, 62)])
@pytest.mark.parametrize("moved_by", [0, 5, -7])
def test_a_slip_goes_to_the_nearer_key_of_the_scale(away: float, becomes: int, moved_by: int) -> None:
    before, after = sung(tuple(k + moved_by for k in MELODY), (61 + moved_by, 0.2, away))
    assert after == [*before[:-1], becomes + moved_by]


@pytest.mark.parametrize(
    ("keys", "extra"),
    [
        (MELODY, (61, 0.2, 0.05)),
        (MELODY, (61, 0.5, 0.4)),
        (MELODY[:8], (61, 0.2, 0.4)),
        ((*MELODY, 61, 61), (61, 0.2, 0.4)),
        (tuple(range(60, 72)) * 2, (61, 0.2, 0.4)),
        (MELODY, (59, 0.2, 0.4)),
    ],
    ids=["in tune", "long", "few notes", "often", "chromatic", "in the scale"],
)
def test_what_is_meant_stays(keys: tuple[int, ...], extra: tuple[int, float, float]) -> None:
    before, after = sung(keys, extra)
    assert after == before
