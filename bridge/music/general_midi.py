"""Instruments and the tables of General MIDI Level 1 (MIDI Manufacturers Association, 1991) that parts need.

Programs count from 0, as they travel; the specification prints them from 1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """A sound that a part asks for.

    Raises:
        ValueError: a program that MIDI cannot hold, or a name or family without a letter.
    """

    name: str
    """The track's name."""
    program: int = 0
    """General MIDI program 0..127; on the drum channel the kit (0 = Standard, from Roland GS)."""
    family: str = "other"
    """Row of the tables of colours, sounds and names, such as "bass" or "strings"."""
    is_drums: bool = False

    def __post_init__(self) -> None:
        if not (self.name and self.family) or not 0 <= self.program <= 127:
            raise ValueError(f'no instrument: "{self.name}", program {self.program}, family "{self.family}"')


INSTRUMENTS = {
    "drums": Instrument("Drums", 0, "drums", is_drums=True),
    "bass": Instrument("Bass", 33, "bass"),  # Electric Bass (finger)
    "vocals": Instrument("Vocals", 53, "vocals"),  # Voice Oohs
    "guitar": Instrument("Guitar", 27, "guitar"),  # Electric Guitar (clean)
    "piano": Instrument("Piano", 0, "piano"),  # Acoustic Grand Piano
    "other": Instrument("Other", 0, "other"),  # its sound is unknown; a piano makes every note audible
    "mix": Instrument("Notes", 0, "other"),  # all that plays at once, by a transcriber that tells no instruments
}
"""Stem to instrument, for transcribers that hear notes and no instruments. A new stem is a new row."""

KICKS = frozenset({35, 36})
SNARES = frozenset({37, 38, 39, 40})
"""Keys of the backbeat: snares, side stick and clap."""
CRASHES = frozenset({49, 52, 55, 57})
"""Keys that are struck where a section begins: crashes, china and splash."""


def instrument_of(stem: str) -> Instrument:
    """Return the instrument of a stem.

    One without a row keeps its own name and is played by a piano.
    """
    if stem in INSTRUMENTS:
        return INSTRUMENTS[stem]
    name = stem.replace("_", " ").strip().title() or "Part"
    return Instrument(name, INSTRUMENTS["other"].program, stem or "other")
