"""Products some rows at a time are those of all at once."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.score.beat.products import ALONE, product


@pytest.mark.parametrize("rows", [1, 7, ALONE // 60, 2 * ALONE // 60 + 3, 12_345])
def test_it_is_the_product(rows: int) -> None:
    rng = np.random.default_rng(rows)
    left, right = (rng.normal(size=size).astype(np.float32) for size in ((rows, 12), (12, 5)))
    assert product(left, right) == pytest.approx(left @ right, abs=1e-5)
    assert product(left.T.copy().T, right.T.copy().T) == pytest.approx(left @ right, abs=1e-5)
