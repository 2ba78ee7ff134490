"""Instrument families by General MIDI program, and who plays what in bands of several styles."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.score.instruments.families import FAMILIES, family_index

__all__ = ["FAMILIES", "family_index"]

PROGRAMS: dict[str, tuple[int, ...]] = {
    "keys": (0, 0, 0, 1, 2, 3, 4, 4, 4, 5, 5, 6, 7),
    "mallets": (8, 9, 10, 11, 11, 12, 12, 13, 14, 15),
    "organ": (16, 16, 16, 17, 17, 18, 18, 19, 20, 21, 21, 22, 23),
    "guitar": (24, 24, 25, 25, 25, 26, 27, 27, 28, 28, 29, 29, 30, 30, 30),
    "bass": (32, 33, 33, 33, 34, 34, 35, 36, 37, 38, 38, 39, 39),
    "strings": (40, 40, 41, 42, 43, 44, 45, 46, 48, 48, 48, 49, 49, 50, 51),
    "voice": (52, 52, 53, 54),
    "brass": (56, 56, 57, 57, 58, 59, 60, 61, 61, 61, 62, 63),
    "winds": (64, 65, 65, 66, 66, 67, 68, 69, 70, 71, 71, 72, 73, 73, 74, 75, 76, 77, 78, 79),
    "synth": (80, 80, 81, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 98, 99, 100, 102),
    "other": (104, 105, 106, 107, 108, 109, 110, 111),
}
"""Programs of a family, repeated by how common they are."""

KINDS: dict[str, tuple[str, ...]] = {
    "keys": ("chords", "chords", "arp", "lead", "random"),
    "mallets": ("arp", "lead", "chords"),
    "organ": ("chords", "pad", "lead"),
    "guitar": ("riff", "chords", "arp", "lead", "chords"),
    "bass": ("bass",),
    "strings": ("pad", "lead", "chords", "arp"),
    "voice": ("pad", "voice"),
    "brass": ("chords", "lead", "lead", "pad"),
    "winds": ("lead", "lead", "voice", "chords"),
    "synth": ("lead", "pad", "arp", "chords"),
    "other": ("arp", "lead", "chords"),
}
"""Kinds of lines (training.notes.compose) that a family plays."""

SHARES = (0.16, 0.08, 0.1, 0.16, 0.0, 0.13, 0.05, 0.1, 0.11, 0.09, 0.02)
"""How often a part of no style is of each family; bass has its own part."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a band: who sits there, how likely, what is played, on which programs (of the family if none)."""

    family: str
    chance: float
    kinds: tuple[str, ...]
    programs: tuple[int, ...] = ()


STYLES: dict[str, tuple[Seat, ...]] = {
    "rock": (
        Seat("guitar", 0.9, ("riff", "chords"), (27, 29, 30, 30, 29)),
        Seat("guitar", 0.5, ("chords", "arp"), (25, 26, 27, 29, 30)),
        Seat("guitar", 0.35, ("lead",), (27, 29, 30)),
        Seat("organ", 0.25, ("pad", "chords"), (16, 17, 18)),
        Seat("keys", 0.3, ("chords", "arp"), (0, 0, 1, 2, 4)),
        Seat("strings", 0.12, ("pad",), (48, 50)),
        Seat("bass", 0.95, ("bass",), (33, 33, 34, 34)),
    ),
    "pop": (
        Seat("keys", 0.75, ("chords", "arp"), (0, 0, 0, 4, 5, 1)),
        Seat("guitar", 0.6, ("arp", "chords"), (24, 25, 25, 26, 27, 28)),
        Seat("strings", 0.4, ("pad", "lead"), (48, 48, 49, 50, 51)),
        Seat("synth", 0.4, ("lead", "pad", "arp"), (80, 81, 84, 87, 88, 89, 90, 95)),
        Seat("mallets", 0.15, ("arp", "lead"), ()),
        Seat("brass", 0.12, ("chords",), (61, 62)),
        Seat("bass", 0.93, ("bass",), (33, 33, 34, 38, 39, 32)),
    ),
    "electronic": (
        Seat("synth", 0.75, ("pad", "chords"), (88, 89, 90, 91, 92, 94, 95)),
        Seat("synth", 0.7, ("arp",), (80, 81, 84, 86, 87, 98)),
        Seat("synth", 0.6, ("lead",), (80, 81, 82, 83, 84, 87)),
        Seat("keys", 0.35, ("chords",), (0, 4, 5)),
        Seat("mallets", 0.15, ("arp",), (10, 11, 12, 14)),
        Seat("strings", 0.2, ("pad",), (50, 51, 48)),
        Seat("voice", 0.12, ("pad",), (52, 54)),
        Seat("bass", 0.92, ("bass",), (38, 38, 39, 39, 36)),
    ),
    "funk": (
        Seat("guitar", 0.8, ("chords", "riff"), (27, 27, 28, 26)),
        Seat("brass", 0.6, ("chords", "lead"), (56, 57, 61, 61, 62)),
        Seat("keys", 0.6, ("chords",), (4, 4, 5, 7, 0)),
        Seat("organ", 0.3, ("chords", "pad"), (16, 17)),
        Seat("winds", 0.3, ("lead",), (65, 66, 67)),
        Seat("synth", 0.15, ("lead",), (80, 81)),
        Seat("bass", 0.97, ("bass",), (33, 34, 36, 37, 38)),
    ),
    "metal": (
        Seat("guitar", 0.98, ("riff",), (30, 30, 29)),
        Seat("guitar", 0.6, ("riff", "chords"), (30, 29)),
        Seat("guitar", 0.5, ("lead", "arp"), (30, 29, 27)),
        Seat("strings", 0.15, ("pad",), (48, 49)),
        Seat("voice", 0.1, ("pad",), (52,)),
        Seat("keys", 0.12, ("arp",), (0,)),
        Seat("bass", 0.9, ("bass",), (33, 34, 34)),
    ),
    "jazz": (
        Seat("keys", 0.85, ("chords", "lead", "random"), (0, 0, 1, 4)),
        Seat("winds", 0.55, ("lead",), (64, 65, 66, 67, 71, 73)),
        Seat("brass", 0.45, ("lead", "chords"), (56, 57, 59, 61)),
        Seat("guitar", 0.35, ("chords", "lead"), (26, 26, 27, 24)),
        Seat("mallets", 0.2, ("lead", "chords"), (11, 11, 12)),
        Seat("organ", 0.12, ("chords", "lead"), (16, 17)),
        Seat("bass", 0.95, ("bass",), (32, 32, 32, 33, 35)),
    ),
    "orchestra": (
        Seat("strings", 0.9, ("pad", "chords"), (48, 48, 49, 44)),
        Seat("strings", 0.5, ("lead",), (40, 41, 42)),
        Seat("strings", 0.35, ("arp", "chords"), (45, 46)),
        Seat("winds", 0.6, ("lead",), (68, 70, 71, 73, 72)),
        Seat("winds", 0.4, ("lead", "chords"), (68, 69, 70, 71, 73)),
        Seat("brass", 0.6, ("pad", "chords", "lead"), (56, 57, 58, 60, 60, 61)),
        Seat("mallets", 0.3, ("arp", "lead"), (8, 9, 11, 13, 14)),
        Seat("voice", 0.25, ("pad",), (52, 52, 53)),
        Seat("keys", 0.15, ("arp",), (0, 6)),
        Seat("strings", 0.5, ("bass",), (43, 42)),
    ),
    "folk": (
        Seat("guitar", 0.85, ("arp", "chords"), (24, 24, 25, 25)),
        Seat("guitar", 0.4, ("chords", "lead"), (25, 26, 27)),
        Seat("strings", 0.4, ("lead",), (40, 40, 42)),
        Seat("winds", 0.3, ("lead",), (73, 74, 75, 77, 78, 79)),
        Seat("organ", 0.3, ("lead", "chords"), (21, 22, 23)),
        Seat("other", 0.3, ("arp", "lead"), (105, 105, 104, 107, 109, 110)),
        Seat("keys", 0.25, ("chords",), (0, 3)),
        Seat("bass", 0.75, ("bass",), (32, 33)),
    ),
    "chip": (
        Seat("synth", 0.95, ("lead",), (80, 80, 81)),
        Seat("synth", 0.8, ("arp",), (80, 80, 81, 84)),
        Seat("synth", 0.4, ("chords", "lead"), (80, 81, 82)),
        Seat("bass", 0.8, ("bass",), (38, 39)),
    ),
    "soul": (
        Seat("keys", 0.8, ("chords",), (4, 4, 5, 0)),
        Seat("organ", 0.5, ("pad", "chords"), (16, 17, 18)),
        Seat("guitar", 0.5, ("chords", "arp"), (26, 27, 27)),
        Seat("strings", 0.35, ("pad", "lead"), (48, 49)),
        Seat("brass", 0.35, ("chords",), (61, 56, 57)),
        Seat("winds", 0.2, ("lead",), (65, 66, 73)),
        Seat("voice", 0.25, ("pad",), (52, 53)),
        Seat("bass", 0.95, ("bass",), (33, 33, 34, 35, 38)),
    ),
}
"""Bands by style."""

STYLE_SHARES = {"rock": 0.15, "pop": 0.17, "electronic": 0.13, "funk": 0.09, "metal": 0.07, "jazz": 0.1,
                "orchestra": 0.11, "folk": 0.08, "chip": 0.03, "soul": 0.07}  # fmt: skip
"""How often each style is drawn."""

DRUMLESS = {"orchestra": 0.7, "folk": 0.45, "jazz": 0.2}
"""Share of a style's clips without drums; 0.08 of all others."""
