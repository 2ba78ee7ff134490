"""Estimate how long an engine will take on this machine, and how much memory: measured here, or from its arithmetic.

Every long enough job leaves what it took in ``speeds.json`` of the home: the next estimate is this machine's own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bridge.errors import InputError
from bridge.files import read_untrusted, write_json
from bridge.inference.precision import fastest_precision

FILE = "speeds.json"
MAX_BYTES = 1 << 16
"""A machine has a few ways to compute; a larger file is not ours."""
MIN_LENGTH_S = 15.0
"""A shorter item tells more of loading than of computing."""
NEWEST = 0.5
"""Weight of the newest measurement: what else the machine did that day evens out."""
REACHED = 0.8
"""Share of a large matrix product's speed that the networks reach: HTDemucs 0.85, the note network 0.95 on Zen 1."""
BASE_MB = 200.0
"""Interpreter, libraries and an item's pieces, before any network."""


@dataclass(frozen=True, slots=True)
class Demand:
    """The needs of an engine.

    A plugin has it as its attribute ``demand``.
    """

    gflop_per_s: float
    """Arithmetic for a second of sound, in 1e9 operations (a multiplication with its addition is two)."""
    memory_mb: float
    """Memory that it adds to the process."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimated costs of a job here."""

    seconds: float
    memory_mb: float
    measured: bool
    """Return whether an earlier job told, else the engines' arithmetic."""

    @property
    def words(self) -> str:
        """The sentence for a person, without a full stop."""
        source = "" if self.measured else ", the first time by guess"
        return f"takes about {span_words(self.seconds)} here and {self.memory_mb / 1000:.1f} GB of memory{source}"


def span_words(seconds: float) -> str:
    """A time in words: "12 s", "3 min"."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{seconds / 60:.0f} min"


class Speeds:
    """Past costs of jobs on this machine, by the engines that worked together.

    Args:
        home: dawscribe's home.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def estimate(self, key: str, length_s: float, demands: Sequence[Demand]) -> Estimate | None:
        """The estimate for an item.

        None where nothing is known of an engine.
        """
        memory_mb = BASE_MB + sum(d.memory_mb for d in demands)
        known = self._read().get(key)
        if known is not None:
            return Estimate(known * length_s, memory_mb, measured=True)
        if not demands:
            return None
        work = sum(d.gflop_per_s for d in demands) * length_s
        return Estimate(work / (REACHED * machine_gflops()), memory_mb, measured=False)

    def keep(self, key: str, length_s: float, took_s: float) -> None:
        """Remember what a job took.

        Without effect where the home cannot be written.
        """
        if length_s < MIN_LENGTH_S or took_s <= 0:
            return
        speeds = dict(self._read())
        now = took_s / length_s
        before = speeds.get(key, now)
        with suppress(OSError):
            write_json(self._path, {**speeds, key: (1 - NEWEST) * before + NEWEST * now}, durable=False)

    def _read(self) -> Mapping[str, float]:
        """Seconds of computing for a second of sound; empty where nothing (or nonsense) is there."""
        try:
            found = json.loads(read_untrusted(self._path, MAX_BYTES))
            return {str(k): float(v) for k, v in found.items() if 0 < float(v) < 1e4}
        except (OSError, ValueError, TypeError, AttributeError, InputError):
            return {}


@cache
def machine_gflops() -> float:
    """1e9 operations a second of this machine as networks run on it, on all cores, by a matrix product of 0.1 s."""
    import numpy as np
    import openvino as ov
    from openvino import opset13 as ops

    size = 1024
    matrix = np.ones((size, size), np.float32)
    left = ops.parameter([size, size], np.float32)
    product = ov.Model([ops.matmul(left, ops.constant(matrix), False, False)], [left])
    network = ov.Core().compile_model(product, "CPU", {"INFERENCE_PRECISION_HINT": fastest_precision("CPU")})
    request = network.create_infer_request()
    times = []
    for _ in range(4):
        start = time.perf_counter()
        request.infer([matrix], share_inputs=True)
        times.append(time.perf_counter() - start)
    return float(2 * size**3 / 1e9 / min(times))
