"""Feed Basic Pitch's network.

Overlapping windows in, one long matrix of probabilities out.

The network takes windows of two seconds and is unsure at their edges, so windows overlap and the edges are
dropped. The ``basic-pitch`` package moves its windows by a length that is no whole number of frames and
corrects the times afterwards; here windows move by whole frames, so that every frame has its exact time.
With ``hop=PACKAGE_HOP`` the windows, and so the probabilities, are the package's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bridge.audio.recording import Sound

Array = npt.NDArray[np.float32]

RATE = 22_050
"""Hz the network was trained at."""
FRAME = 256
"""Samples from one frame to the next, 11.6 ms."""
WINDOW = 43_844
"""Samples in the network's input."""
WINDOW_FRAMES = 172
"""Frames in its output."""
EDGE_FRAMES = 15
"""Frames dropped at either edge of a window, as the package does."""
KEPT_FRAMES = WINDOW_FRAMES - 2 * EDGE_FRAMES
HOP = KEPT_FRAMES * FRAME
"""Samples between windows: as many frames as are kept."""
PACKAGE_HOP = WINDOW - 2 * EDGE_FRAMES * FRAME
"""The package's samples between windows: 0.7 frames less than it keeps."""
KEYS = 88
MIN_KEY = 21
"""MIDI number of the first column, A0."""
BLOCK_WINDOWS = 8
"""Windows read at a time, 13 s: resampling costs a margin of a second for each read."""


class Runs(Protocol):
    """The part that is used of :class:`bridge.inference.network.Network`."""

    def __call__(self, *inputs: Array) -> list[Array]:
        """Outputs in the network's order."""


@dataclass(frozen=True, slots=True)
class Posteriors:
    """Probabilities per frame and key.

    Both (frames, 88) float32, 0 to 1.
    """

    notes: Array
    """Probability that the key sounds."""
    onsets: Array
    """Probability that it begins here."""


def windows(recording: Sound, hop: int = HOP) -> Iterator[Array]:
    """The network's inputs in order, each (1, WINDOW, 1); the first begins ``EDGE_FRAMES`` before the sound."""
    total = int(np.ceil((recording.length_s * RATE + EDGE_FRAMES * FRAME) / hop))
    for first in range(0, total, BLOCK_WINDOWS):
        count = min(BLOCK_WINDOWS, total - first)
        start = first * hop - EDGE_FRAMES * FRAME
        block = recording.mono(RATE, start / RATE, ((count - 1) * hop + WINDOW) / RATE)
        for i in range(count):
            yield block[None, i * hop : i * hop + WINDOW, None]


def listen(network: Runs, recording: Sound, hop: int = HOP) -> Iterator[Posteriors]:
    """Probabilities window by window, ``KEPT_FRAMES`` frames each.

    The last may reach past the end.
    """
    kept = slice(EDGE_FRAMES, WINDOW_FRAMES - EDGE_FRAMES)
    for window in windows(recording, hop):
        onsets, notes, _ = network(np.ascontiguousarray(window))
        yield Posteriors(notes[0, kept], onsets[0, kept])


def join(parts: list[Posteriors]) -> Posteriors:
    """Consecutive posteriors as one."""
    return Posteriors(np.concatenate([p.notes for p in parts]), np.concatenate([p.onsets for p in parts]))
