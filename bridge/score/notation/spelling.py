"""Letters for pitches.

Which of F sharp and G flat a key wants.
"""

from __future__ import annotations

LETTERS = "FCGDAEB"
"""In fifths, from F at -1 on."""
MIN_FIFTHS = -3
"""Fifths below the key's tonic (its major's) that chromatic notes reach; eight above. In C: E flat .. G sharp."""


def spelled(pitch: int, fifths: int) -> tuple[str, int, int]:
    """Letter, sharps (flats below 0) and octave of a MIDI pitch in a key of that signature."""
    place = pitch * 7 % 12
    lowest = fifths + MIN_FIFTHS
    place = lowest + (place - lowest) % 12
    letter = LETTERS[(place + 1) % 7]
    sharps = (place + 1) // 7
    octave = (pitch - sharps) // 12 - 1
    return letter, sharps, octave
