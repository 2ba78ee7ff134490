"""Compute the band net's input.

The note net's spectrogram of the middle, and each key's place in the stereo picture.

Training imports this module, so that a model is always run on what it was trained on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.note_maps.features import BINS, CHUNK, HOP, PER_SEMITONE, Vqt, decibels

Array = npt.NDArray[np.float32]

KEYS = BINS // PER_SEMITONE
"""Rows of the place map: one a semitone from the spectrogram's lowest key on."""
PLACE = 2
"""Values of the place map: balance (-1 left, 1 right) and width (0 one place, 1 all in the sides)."""
PER_STEP = 2
"""Frames of the spectrogram that share one column of the place map."""
FAINT_DB = -75.0
"""Sound this soft stands in the middle: the place of noise says nothing."""


class StereoVqt(Vqt):
    """The spectrogram of the middle in dB, and the place map of both channels."""

    def stereo(self, samples: Array) -> tuple[Array, Array]:
        """((frames, BINS) dB, (frames / 2, KEYS, PLACE)) of (2, samples) at the features' rate; frames are even."""
        middle, side = (samples[0] + samples[1]) / 2, (samples[0] - samples[1]) / 2
        count = (samples.shape[1] // HOP + 1) // PER_STEP * PER_STEP
        mono = float(np.abs(side).max(initial=0.0)) < 1e-5
        out, place = np.empty((count, BINS), np.float32), np.zeros((count // PER_STEP, KEYS, PLACE), np.float32)
        for start in range(0, count, CHUNK):
            stop = min(start + CHUNK, count)
            m = self.complex(middle, start, stop)
            out[start:stop] = np.hypot(*m)
            if not mono:
                place[start // PER_STEP : stop // PER_STEP] = place_of(m, self.complex(side, start, stop))
        return decibels(out), place


def place_of(middle: tuple[Array, Array], side: tuple[Array, Array]) -> Array:
    """(frames / 2, KEYS, PLACE): balance and width by energy, over two frames and a semitone's bins."""
    cross = middle[0] * side[0] + middle[1] * side[1]
    m, s = middle[0] ** 2 + middle[1] ** 2, side[0] ** 2 + side[1] ** 2
    cells = [x.reshape(-1, PER_STEP, KEYS, PER_SEMITONE).sum((1, 3)) for x in (cross, m, s)]
    total = cells[1] + cells[2] + np.float32(PER_STEP * PER_SEMITONE * 10 ** (FAINT_DB / 10))
    # Left is middle plus side: more of it makes the cross term positive, and the balance negative.
    return np.asarray(np.stack([-2 * cells[0] / total, cells[2] / total], -1), np.float32)
