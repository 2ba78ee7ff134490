"""Instrument families in the order in which the band net tells them."""

from __future__ import annotations

FAMILIES = ("keys", "mallets", "organ", "guitar", "bass", "strings", "voice", "brass", "winds", "synth", "other")
"""Rows of General MIDI: programs 0, 8, 16, 24, 32, 40, 52, 55, 64, 80 and 104 on."""

FIRST = (0, 8, 16, 24, 32, 40, 52, 55, 64, 80, 104, 128)
"""First General MIDI program of each family, and the end."""


def family_index(program: int) -> int:
    """Place in FAMILIES of a General MIDI program."""
    return max(i for i in range(len(FAMILIES)) if program >= FIRST[i])
