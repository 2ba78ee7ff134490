"""Whether two notes are one instrument's: whichever is named first, however many are asked, by sound and place."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.score.instruments import likeness
from bridge.score.instruments.assign import RULE, grown, steadied
from bridge.score.instruments.evidence import Evidence
from bridge.score.instruments.likeness import Steadied, apart, same_odds
from tests.score.instruments.test_assign import played

FIRST, SECOND, THIRD = np.arange(30), np.arange(30, 60), np.arange(60, 90)


@pytest.fixture
def band() -> Steadied:
    """Trumpets left and right of each other by sound, and flutes an octave above."""
    who = Evidence.joined([played("brass", 30), played("brass", 30), played("winds", 30, pitch=76, sound=1)])
    return steadied(who, RULE)


def test_the_order_of_two_notes_does_not_matter(band: Steadied) -> None:
    a, b = np.random.default_rng(0).integers(0, 90, (2, 200))
    assert same_odds(band, a, b) == pytest.approx(same_odds(band, b, a), abs=1e-4)


def test_many_pairs_are_as_few(band: Steadied, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = np.random.default_rng(0).integers(0, 90, (2, 200))
    whole = same_odds(band, a, b)
    monkeypatch.setattr(likeness, "PAIRS", 7)
    assert same_odds(band, a, b) == pytest.approx(whole, abs=1e-4)


def test_groups_of_one_sound_are_nearer_than_those_of_two(band: Steadied) -> None:
    distance = apart(band, [FIRST, SECOND, THIRD])
    assert distance == pytest.approx(distance.T)
    assert distance[0, 1] < 0.3 < 0.7 < min(distance[0, 2], distance[1, 2])
    assert (np.diag(distance) == 0).all()


def test_a_distance_of_groups_is_that_of_their_notes(band: Steadied) -> None:
    few = [np.array([0, 40, 70]), np.array([1, 80]), np.array([5])]
    distance = apart(band, few)
    pairs = [(i, j) for i in few[0] for j in few[1]]
    odds = same_odds(band, np.array([i for i, _ in pairs]), np.array([j for _, j in pairs]))
    assert distance[0, 1] == pytest.approx((1 / (1 + np.exp(odds))).mean(), abs=1e-5)


def test_the_nearest_grow_together_until_all_are_apart() -> None:
    rows = [np.array([0]), np.array([1, 2]), np.array([3])]
    distance = np.array([[0.0, 0.2, 0.9], [0.2, 0.0, 0.6], [0.9, 0.6, 0.0]])
    assert [sorted(r) for r in grown(rows, distance, 0.5)] == [[0, 1, 2], [3]]
    # Average linkage: (0.9 + 2 * 0.6) / 3 notes' pairs.
    assert len(grown(rows, distance, 0.69)) == 2
    assert len(grown(rows, distance, 0.71)) == 1
    assert grown([], np.zeros((0, 0)), 0.5) == []
