"""Find where a stem gets louder.

Attack strength and level, frame by frame.
"""

from __future__ import annotations

import numpy as np

from bridge.audio.recording import Sound
from bridge.audio.spectra import Array, bands, frames, power, to_db
from bridge.transcribers.melody.track import BLOCK_FRAMES, FPS

RATE = 16_000
"""Hz: plectrum and consonants lie below 8 kHz."""
HOP = RATE // FPS
SIZE = 1024
"""Samples of a spectrum, 64 ms: a shorter one would follow the single periods of a low bass note."""
LAG = 2
"""Frames over which a rise is taken, 20 ms: an attack needs that long through the window."""
BANDS = 40
MIN_HZ, MAX_HZ = 50.0, 6000.0
COMPRESSION = 100.0
"""Amplitudes are taken as log(1 + 100 a / rms): below a hundredth of the stem's RMS nothing counts as an attack."""


class Attacks:
    """The attacks of one stem.

    Args:
        recording: the stem.
        mix_rms: RMS of the whole mix, what levels are relative to.
    """

    def __init__(self, recording: Sound, mix_rms: float) -> None:
        self._recording, self._mix_rms = recording, mix_rms
        edges = np.geomspace(MIN_HZ, MAX_HZ, BANDS + 2)
        self._bands = bands(edges.tolist(), SIZE, RATE)

    def read(self, first: int) -> tuple[Array, Array]:
        """(strength, level in dB over the mix), each (BLOCK_FRAMES,), from frame ``first`` on.

        Strength is the mean rise of the bands in decades: 0 in a steady sound, 0.1 to 0.6 at a played attack.
        """
        length = (BLOCK_FRAMES + LAG - 1) * HOP + SIZE
        samples = self._recording.mono(RATE, ((first - LAG) * HOP - SIZE // 2) / RATE, length / RATE)
        amplitude = np.sqrt(power(samples, SIZE, HOP) @ self._bands)
        loudness = np.log10(1 + COMPRESSION * amplitude / max(self._recording.rms, 1e-9))
        rise = np.maximum(0, loudness[LAG:] - loudness[:-LAG]).mean(1)
        square = (frames(samples, SIZE, HOP)[LAG:] ** 2).mean(1)
        return np.asarray(rise, np.float32), to_db(square, self._mix_rms)
