"""The best path is the best of all paths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bridge.score.best_path import Array, any_change, best_path, priced

ROWS, STATES = 5, 3
Price = Callable[[int, int, int], float]


def _best_of_all(gains: Array, price: Price) -> float:
    def total(path: tuple[int, ...]) -> float:
        moves = sum(price(row, path[row - 1], path[row]) for row in range(1, ROWS))
        return float(gains[np.arange(ROWS), list(path)].sum()) - moves

    return max(total(path) for path in np.ndindex(*(STATES,) * ROWS))


def _total(gains: Array, price: Price, path: list[int]) -> float:
    moves = sum(price(row, path[row - 1], path[row]) for row in range(1, ROWS))
    return float(gains[np.arange(ROWS), path].sum()) - moves


@pytest.mark.parametrize("seed", range(10))
def test_where_every_change_costs_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gains, costs = rng.normal(size=(ROWS, STATES)), rng.uniform(0, 2, ROWS)

    def price(row: int, left: int, reached: int) -> float:
        return float(costs[row]) if left != reached else 0.0

    path = best_path(gains, any_change(costs)).tolist()
    assert _total(gains, price, path) == pytest.approx(_best_of_all(gains, price))


@pytest.mark.parametrize("seed", range(10))
def test_where_every_move_has_its_price(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gains, costs = rng.normal(size=(ROWS, STATES)), rng.uniform(0, 2, (STATES, STATES))

    def price(_row: int, left: int, reached: int) -> float:
        return float(costs[reached, left])

    path = best_path(gains, priced(costs)).tolist()
    assert _total(gains, price, path) == pytest.approx(_best_of_all(gains, price))
