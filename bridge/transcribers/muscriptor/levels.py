"""Velocities of notes, measured in the sound.

How loud their keys or drums are when they begin: MuScriptor tells no velocities.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.audio.spectra import Array, key_filter, power, to_db, velocity_of
from bridge.music.general_midi import KICKS, SNARES

RATE = 16_000
"""Hz: the package's own, so that it resamples nothing."""
SIZE = 2048
"""Samples of a level's spectrum, 128 ms: tells keys apart from about 100 Hz on, and holds most attacks."""
BLOCK = 512
"""Notes looked at together: 4 MB."""
KICK_HZ, SNARE_HZ, METAL_HZ = (30.0, 150.0), (150.0, 4000.0), (4000.0, 8000.0)
"""Bands that hold most of the energy of a kick, of a snare or a tom, and of hats and cymbals."""
TOMS = frozenset({41, 43, 45, 47, 48, 50})
HARD_SHARE, HARD = 0.9, 110
"""Nine of ten strokes of a register are softer than this velocity: a drummer's accents, with room above them."""
SOFTEST = 20
"""A stroke that was written down was heard, however little its register gains in a full mix."""


def key_velocities(samples: Array, onsets_s: Sequence[float], keys: Sequence[int], mix_rms: float) -> list[int]:
    """Return velocities by the level of each key.

    Args:
        samples: (samples,) at :data:`RATE`.
        onsets_s: when each note begins.
        keys: MIDI number of each.
        mix_rms: RMS of the whole mix.
    """
    weights = key_filter(0, 128, SIZE, RATE)
    found: list[int] = []
    for first in range(0, len(onsets_s), BLOCK):
        part = slice(first, first + BLOCK)
        spectra = _spectra(samples, onsets_s[part], 0)
        level = np.einsum("nb,bn->n", spectra, weights[:, list(keys[part])])
        found += [velocity_of(float(db)) for db in to_db(level, mix_rms)]
    return found


def drum_velocities(samples: Array, onsets_s: Sequence[float], keys: Sequence[int]) -> list[int]:
    """Return velocities of strokes, by register.

    Each is measured by what its register gains, among the strokes of the same register.

    Args:
        samples: (samples,) at :data:`RATE`.
        onsets_s: when each is struck.
        keys: General MIDI key of each.
    """
    registers = [_register(key) for key in keys]
    gains = _gains(samples, onsets_s, registers)
    velocity = np.zeros(len(gains))
    for register in set(registers):
        mine = np.array([r == register for r in registers])
        hard = max(float(np.quantile(gains[mine], HARD_SHARE)), 1e-12)
        # Power goes with the fourth power of the velocity, see velocity_of.
        velocity[mine] = HARD * (gains[mine] / hard) ** 0.25
    return [int(v) for v in np.clip(np.round(velocity), SOFTEST, 127)]


def _gains(samples: Array, onsets_s: Sequence[float], registers: Sequence[tuple[float, float]]) -> Array:
    """(strokes,) power that each one's register gains at the stroke, at least nothing."""
    hz = np.fft.rfftfreq(SIZE, 1 / RATE)
    gains = [np.zeros(0, np.float32)]
    for first in range(0, len(onsets_s), BLOCK):
        part = slice(first, first + BLOCK)
        inside = np.stack([(hz >= low) & (hz < high) for low, high in registers[part]])
        gained = _spectra(samples, onsets_s[part], 0) - _spectra(samples, onsets_s[part], -SIZE)
        gains.append(np.maximum(0, (gained * inside).sum(1)))
    return np.concatenate(gains)


def _register(key: int) -> tuple[float, float]:
    """Return the lowest and the highest frequency that tell a drum's force."""
    if key in KICKS:
        return KICK_HZ
    return SNARE_HZ if key in SNARES or key in TOMS else METAL_HZ


def _spectra(samples: Array, onsets_s: Sequence[float], shift: int) -> Array:
    """(notes, bins) power from ``shift`` samples after each onset on; silence lies around the sound."""
    padded = np.pad(samples, (SIZE, 2 * SIZE))
    first = (np.round(np.asarray(onsets_s) * RATE).astype(np.int64) + SIZE + shift).clip(0, len(padded) - SIZE)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[first]
    return power(np.ascontiguousarray(pieces).reshape(-1), SIZE, SIZE)
