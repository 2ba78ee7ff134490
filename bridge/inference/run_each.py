"""Run a network over many inputs, with work beside each run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bridge.inference.network import Network

Array = npt.NDArray[np.float32]
Made = TypeVar("Made")
Kept = TypeVar("Kept")
TICK_S = 0.2
"""Between two looks at whether the job is still wanted, while a network runs."""


def run_each(
    network: Network,
    inputs: Iterator[tuple[Array, ...]],
    keep: Callable[[list[Array]], Kept],
    finish: Callable[[Kept], Made],
    on_done: Callable[[int], None],
) -> Iterator[Made]:
    """Run a network over many inputs.

    Beside each run the result before is finished and the next input made.

    While a result is taken, the network rests, and the cores are the taker's. After the last run it has given back
    the memory in which it computed.

    Args:
        network: used by nobody else meanwhile.
        inputs: made one ahead, on this thread.
        keep: copies what is needed of the outputs, which the next run overwrites.
        finish: makes the result.
        on_done: takes the number of finished runs, at least every :data:`TICK_S` of a run; what it raises ends
            everything, the network at rest.
    """
    running = next(inputs, None)
    done = 0
    kept: list[Kept] = []
    while running is not None:
        network.start(*running)
        try:
            made = [finish(kept.pop())] if kept else []
            on_done(done)
            following = next(inputs, None)
            while not network.wait(TICK_S):
                on_done(done)
        except BaseException:
            network.cancel()
            raise
        done += 1
        kept.append(keep(network.outputs()))
        if following is None:
            # What hears the last results has this memory for itself: 190 MB of HTDemucs.
            network.rest()
        yield from made
        running = following
    if kept:
        yield finish(kept.pop())
