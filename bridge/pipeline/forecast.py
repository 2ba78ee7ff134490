"""Say before an item is heard how long it will take here, and learn from how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bridge.inference.speed import Demand, Estimate, Speeds

CACHED = 0.5
"""Where results are kept, a job this many times faster than forecast took some of them from there and tells nothing."""


class Forecast:
    """Forecasts the items of one request.

    Args:
        speeds: what earlier jobs took.
        key: the engines that work together, and what they compute on.
        demands: of the engines that say theirs.
        on_estimate: takes the estimate of each item.
        cached: whether stems and notes of earlier runs may be taken instead.
    """

    def __init__(
        self,
        speeds: Speeds,
        key: str,
        demands: Sequence[Demand],
        on_estimate: Callable[[Estimate], None],
        *,
        cached: bool,
    ) -> None:
        self._speeds, self._key, self._demands = speeds, key, demands
        self._on_estimate, self._cached = on_estimate, cached

    @contextmanager
    def of(self, length_s: float) -> Iterator[None]:
        """Give the estimate of an item of this length, and measure what is done inside."""
        estimate = self._speeds.estimate(self._key, length_s, self._demands)
        if estimate is not None:
            self._on_estimate(estimate)
        started = time.monotonic()
        yield
        took_s = time.monotonic() - started
        if not (self._cached and estimate is not None and took_s < CACHED * estimate.seconds):
            self._speeds.keep(self._key, length_s, took_s)
