"""The data that travels between stages: notes, parts, scores. All times are seconds from the item's start."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bridge.music.tempo import TempoMap

DRUM_CHANNEL = 9
"""MIDI channel 10, counted from 0: General MIDI's drum channel."""

STEM_ROLES = ("drums", "bass", "vocals", "guitar", "piano", "other")
"""Roles in the order their tracks are shown; a whole mix that was not separated has the role "other"."""


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


def later(notes: Iterable[Note], by_s: float) -> list[Note]:
    """The notes moved by ``by_s`` seconds."""
    return [replace(n, onset_s=n.onset_s + by_s, offset_s=n.offset_s + by_s) for n in notes]


@dataclass(frozen=True, slots=True, order=True)
class Bend:
    """From ``time_s`` on, the part sounds ``semitones`` away from its keys."""

    time_s: float
    semitones: float


@dataclass(frozen=True, slots=True)
class Transcription:
    """What an engine heard in one stem."""

    notes: tuple[Note, ...] = ()
    bends: tuple[Bend, ...] = ()
    """Only for monophonic parts; sorted by time."""
    warnings: tuple[str, ...] = ()
    """Sentences for the user."""


@dataclass(frozen=True, slots=True)
class Part:
    """One track: notes of one role with the sound they ask for."""

    role: str
    name: str
    notes: tuple[Note, ...]
    bends: tuple[Bend, ...] = ()
    program: int = 0
    """General MIDI program 0..127, or the drum kit number on the drum channel."""
    is_drums: bool = False
    pieces: Mapping[int, str] = field(default_factory=dict)
    """Of drums: what each key strikes, such as "open hat"."""


@dataclass(frozen=True, slots=True)
class Score:
    """All parts of an item with its tempo map."""

    parts: tuple[Part, ...]
    length_s: float
    tempo: TempoMap = field(default_factory=TempoMap)
    warnings: tuple[str, ...] = ()
