"""Let the note net hear a recording, window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol, TypeVar

import numpy as np

from bridge.audio.recording import Sound
from bridge.note_maps.features import BINS, FLOOR_DB, FPS, HOP, RATE, Vqt, reference_gain
from bridge.note_maps.maps import Array

WINDOW, MARGIN = 880, 40
"""Frames that the network hears at once, and of these the ones at either end that only give context
(it looks 37 frames around)."""

CORE = WINDOW - 2 * MARGIN
"""Frames that one run of the network decides on: 9.3 s."""

EDGE = 16
"""Frames of sound read around a window, so that its outermost analysis windows (4096 samples) are filled."""

ROLES = {"bass": 0, "vocals": 1}
"""Place in the network's role input; every other role is OTHER_ROLE."""
OTHER_ROLE = 2

IN_BYTES = ("notes-bytes-1", 12.0)
"""Name of the network's form in bytes, and the largest activation in it: one value in 10,000 exceeds 6, the largest in
nine stems is 16, and with 6 or 8 a bass' onsets differ by three times as much as with 12."""

Made = TypeVar("Made")


class NoteNet(Protocol):
    """The network as the runtime gives it."""

    def beside(self, work: Callable[[], Made], *inputs: Array) -> tuple[list[Array], Made]:
        """Run the network and ``work`` concurrently; return both results."""


def pieces(
    network: NoteNet, vqt: Vqt, audio: Sound, mix_rms: float, role: int
) -> Iterator[tuple[int, Array, Array, float]]:
    """Hear a whole recording from front to back.

    Args:
        network: of ``bridge/data/notes.onnx``.
        vqt: its spectrogram.
        audio: a stem or a mix.
        mix_rms: of the whole mix.
        role: see ROLES.

    Yields:
        First frame, features (frames, BINS), maps (KINDS, frames, 88), and the share that is done.
    """
    frames = int(audio.length_s * FPS) + 1
    told = np.eye(OTHER_ROLE + 1, dtype=np.float32)[None, role]
    following = _features(vqt, _window(audio, mix_rms, -MARGIN))
    for first in range(0, frames, CORE):
        features = following
        core = slice(MARGIN, MARGIN + min(CORE, frames - first))
        # Read before the network starts: who waits for sound lets another stem's thread use it.
        window = _window(audio, mix_rms, first + CORE - MARGIN) if first + CORE < frames else None
        (maps,), following = network.beside(partial(_features, vqt, window), features[None], told)
        yield first, features[core], maps[0, :, core], min(1.0, (first + CORE) / frames)


def _window(audio: Sound, mix_rms: float, first: int) -> Array:
    """The samples around WINDOW frames from ``first`` on, none before the start and silence after the end."""
    start, end = (frame * HOP / RATE for frame in (first - EDGE, first + WINDOW + EDGE))
    start = max(0.0, start)
    return audio.mono(RATE, start, end - start) * np.float32(reference_gain(mix_rms))


def _features(vqt: Vqt, window: Array | None) -> Array:
    """(WINDOW, BINS) dB, silence before the start; nothing of no window."""
    if window is None:
        return np.empty((0, BINS), np.float32)
    features = vqt(window)
    missing = WINDOW + 2 * EDGE + 1 - len(features)
    return np.pad(features, ((missing, 0), (0, 0)), constant_values=FLOOR_DB)[EDGE : EDGE + WINDOW]
