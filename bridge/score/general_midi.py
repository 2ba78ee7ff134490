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

DRUM_NAMES = {
    35: "Acoustic Bass Drum",
    36: "Kick",
    37: "Side Stick",
    38: "Snare",
    39: "Hand Clap",
    40: "Electric Snare",
    41: "Low Floor Tom",
    42: "Closed Hi-Hat",
    43: "High Floor Tom",
    44: "Pedal Hi-Hat",
    45: "Low Tom",
    46: "Open Hi-Hat",
    47: "Low-Mid Tom",
    48: "Hi-Mid Tom",
    49: "Crash",
    50: "High Tom",
    51: "Ride",
    52: "China",
    53: "Ride Bell",
    54: "Tambourine",
    55: "Splash",
    56: "Cowbell",
    57: "Crash 2",
    58: "Vibraslap",
    59: "Ride 2",
    60: "High Bongo",
    61: "Low Bongo",
    62: "Mute High Conga",
    63: "Open High Conga",
    64: "Low Conga",
    65: "High Timbale",
    66: "Low Timbale",
    67: "High Agogo",
    68: "Low Agogo",
    69: "Cabasa",
    70: "Maracas",
    71: "Short Whistle",
    72: "Long Whistle",
    73: "Short Guiro",
    74: "Long Guiro",
    75: "Claves",
    76: "High Wood Block",
    77: "Low Wood Block",
    78: "Mute Cuica",
    79: "Open Cuica",
    80: "Mute Triangle",
    81: "Open Triangle",
}
"""The percussion key map, keys 35..81."""

KICKS = frozenset({35, 36})
SNARES = frozenset({37, 38, 39, 40})
"""What plays the backbeat: snares, side stick and clap."""
CRASHES = frozenset({49, 52, 55, 57})
"""What is struck where a section begins: crashes, china and splash."""
