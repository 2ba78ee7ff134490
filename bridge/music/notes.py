"""Notes and bends.

All times are seconds from the item's start.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

DRUM_CHANNEL = 9
"""MIDI channel 10, counted from 0: General MIDI's drum channel."""

STEM_ROLES = ("drums", "bass", "vocals", "guitar", "piano", "other")
"""Roles in the order their tracks are shown; a whole mix that was not separated has the role "other"."""
MIX = "mix"
"""Source of what is heard without separation; no stem has this name."""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One sounding key.

    Raises:
        ValueError: an offset at or before the onset, or values that MIDI cannot hold.
    """

    onset_s: float
    offset_s: float
    pitch: int
    """MIDI number 0..127; for drums the General MIDI key, until the score gives them those of the user's instrument."""
    velocity: int
    """1..127, estimated from the sound's level."""
    confidence: float = 1.0
    """0..1, how sure the engine was; clean-up may drop the doubtful."""

    def __post_init__(self) -> None:
        if not 0 <= self.onset_s < self.offset_s < math.inf:
            raise ValueError(f"a note must end after it begins: {self.onset_s} .. {self.offset_s}")
        if not (0 <= self.pitch <= 127 and 1 <= self.velocity <= 127):
            raise ValueError(f"pitch {self.pitch} or velocity {self.velocity} is outside MIDI")

    @property
    def length_s(self) -> float:
        """Seconds from onset to offset."""
        return self.offset_s - self.onset_s


def shifted(notes: Iterable[Note], by_s: float) -> list[Note]:
    """Return the notes moved by ``by_s`` seconds."""
    return [replace(n, onset_s=n.onset_s + by_s, offset_s=n.offset_s + by_s) for n in notes]


@dataclass(frozen=True, slots=True, order=True)
class Bend:
    """From ``time_s`` on, the part sounds ``semitones`` away from its keys."""

    time_s: float
    semitones: float
