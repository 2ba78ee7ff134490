"""Tables of General MIDI Level 1 (MIDI Manufacturers Association, 1991), as far as parts need them.

Programs count from 0, as they travel; the specification prints them from 1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Voice:
    """How a role is shown and which sound it asks for."""

    name: str
    """The track's name."""
    program: int
    """General MIDI program 0..127; on the drum channel the kit (0 = Standard, from Roland GS)."""
    is_drums: bool = False


VOICES = {
    "drums": Voice("Drums", 0, is_drums=True),
    "bass": Voice("Bass", 33),  # Electric Bass (finger)
    "vocals": Voice("Vocals", 53),  # Voice Oohs
    "guitar": Voice("Guitar", 27),  # Electric Guitar (clean)
    "piano": Voice("Piano", 0),  # Acoustic Grand Piano
    "other": Voice("Other", 0),  # its sound is unknown; a piano makes every note audible
}
"""Role to voice. A new instrument is a new row."""

KICKS = frozenset({35, 36})
SNARES = frozenset({37, 38, 39, 40})
"""What plays the backbeat: snares, side stick and clap."""
CRASHES = frozenset({49, 52, 55, 57})
"""What is struck where a section begins: crashes, china and splash."""
