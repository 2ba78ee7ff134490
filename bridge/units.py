"""Units and their conversions.

Each is written once, here.

Names carry the unit: ``_s`` seconds, ``_hz``, ``_db``, ``_qn`` quarter notes. Pitch is a MIDI number
(69 = A4 = 440 Hz), as a float where it may lie between keys.
"""

from __future__ import annotations

import math

A4_HZ = 440.0
A4_PITCH = 69


def pitch_to_hz(pitch: float) -> float:
    """Frequency in Hz of a MIDI pitch (fractions allowed)."""
    return float(A4_HZ * 2.0 ** ((pitch - A4_PITCH) / 12.0))


def gain_to_db(gain: float, floor_db: float = -120.0) -> float:
    """Level in dB of a linear factor, not below ``floor_db`` (which also stands for silence)."""
    return max(floor_db, 20.0 * math.log10(gain)) if gain > 0 else floor_db
