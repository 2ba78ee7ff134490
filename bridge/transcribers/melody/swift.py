"""A pitch tracker for voices.

The SwiftF0 network (Lars Nieradzik, MIT), 47 to 2094 Hz, on our runtime.
"""

from __future__ import annotations

import numpy as np

from bridge.audio.recording import Sound
from bridge.audio.spectra import Array
from bridge.plugins.interfaces import Context
from bridge.transcribers.melody.track import BLOCK_FRAMES, FPS, Track, spread
from bridge.units import A4_HZ, A4_PITCH

RATE = 16_000
"""Hz the network was trained at."""
HOP = 256
"""Samples from one of its frames to the next, 16 ms."""
BEFORE, AFTER = 11, 10
"""Its frames that a frame's answer depends on, half a window and seven frames either way."""
MIN_HZ, MAX_HZ = 46.875, 2093.75
"""Its range."""
OWN_FRAMES = BLOCK_FRAMES * RATE // (FPS * HOP)
"""Its frames in a block, 625 exactly."""


class SwiftTracker:
    """See the module.

    Args:
        context: for the model "swift-f0".
        lowest: lowest key, MIDI.
        highest: highest key, MIDI.
    """

    def __init__(self, context: Context, lowest: int = 36, highest: int = 90) -> None:
        from bridge.inference.network import Network

        self.lowest, self.count = lowest, highest - lowest + 1
        self._network = Network(
            context.model("swift-f0"),
            device=context.device,
            precision="f32",
            cache=context.cache,
            shape=[[1, (BEFORE + OWN_FRAMES + AFTER) * HOP], [], []],
        )

    def track(self, recording: Sound, first: int) -> Track:
        """See :class:`bridge.transcribers.melody.track.Tracker`."""
        hz, confidence = self.listen(recording, first)
        # Our frames are finer than the network's: each takes its nearest.
        nearest = np.minimum(np.rint(np.arange(BLOCK_FRAMES) * RATE / FPS / HOP).astype(int), OWN_FRAMES - 1)
        pitch = A4_PITCH + 12 * np.log2(hz[nearest] / A4_HZ)
        rows = np.arange(BLOCK_FRAMES)
        keys = spread(BLOCK_FRAMES, self.lowest, self.count, rows, pitch, confidence[nearest])
        voiced = confidence[nearest] >= 0.5
        return Track(keys, np.asarray(np.where(voiced, pitch, np.nan), np.float32))

    def listen(self, recording: Sound, first: int) -> tuple[Array, Array]:
        """(Hz, confidence 0..1), each (OWN_FRAMES,), from our frame ``first`` on, a multiple of a block."""
        start = first * RATE // FPS - BEFORE * HOP
        samples = recording.mono(RATE, start / RATE, (BEFORE + OWN_FRAMES + AFTER) * HOP / RATE)
        low, high = np.array(MIN_HZ, np.float32), np.array(MAX_HZ, np.float32)
        hz, confidence = self._network(samples[None], low, high)
        kept = slice(BEFORE, BEFORE + OWN_FRAMES)
        return hz[0, kept], confidence[0, kept]
