"""Names and General MIDI programs that a musician would choose for the tracks of a band."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.score.instruments.assign import UNSURE

SLIGHT = 0.18
"""Balance from which a track that has a twin is called left or right."""
DOUBTFUL = 0.6
"""Probability of the family below which the name ends with a question mark: three of four groups above it are named
rightly, on 400 bands in sounds that no net heard."""
ONE_VOICE = 0.7
"""Share of notes that sound alone from which on a track is a single voice."""
LONG_S = 0.9
"""Mean length of a pad's notes."""
_PIECES = re.compile(r"(?P<name>.+?)(?P<place> \((?:left|right)\))?(?P<doubt>\?)?", re.DOTALL)
"""Of a track's name: what it is, where it stands, and whether that is a guess."""


@dataclass(frozen=True, slots=True)
class Playing:
    """A track before it has a name."""

    family: str
    balance: float
    sure: float
    """0..1, how sure the family is."""
    middle_pitch: float
    alone: float
    """Share of its notes that sound alone."""
    length_s: float
    """Mean length of its notes."""


@dataclass(frozen=True, slots=True)
class Named:
    """A track's name, its sound, and how sure both are."""

    name: str
    program: int
    sure: float


def sound_of(track: Playing) -> tuple[str, int]:
    """Name and program by family, register and manner of playing."""
    single, long = track.alone >= ONE_VOICE, track.length_s >= LONG_S
    if track.family == UNSURE and track.sure < DOUBTFUL:
        # By what it does, for nobody knows what it is.
        return "Lead" if single else "Pad" if long else "Keys", 0
    high = track.middle_pitch
    if track.family == "strings":
        if not single:
            return "Strings", 48
        return ("Violin", 40) if high >= 62 else ("Cello", 42)
    if track.family == "brass":
        if not single:
            return "Brass", 61
        return ("Trumpet", 56) if high >= 60 else ("Trombone", 57)
    if track.family == "winds":
        if high >= 74:
            return "Flute", 73
        return ("Sax", 65) if high >= 55 else ("Baritone sax", 67)
    if track.family == "synth":
        if single:
            return "Synth lead", 81
        return ("Synth pad", 89) if long else ("Synth", 90)
    if track.family == "voice":
        return ("Vocals", 53) if single else ("Choir", 52)
    return {
        "keys": ("Piano", 0),
        "mallets": ("Mallets", 11),
        "organ": ("Organ", 16),
        "guitar": ("Guitar", 27),
        "bass": ("Bass", 33),
    }.get(track.family, ("Other", 104))


def named(tracks: Sequence[Playing]) -> list[Named]:
    """A name for each track, with its place and its doubt; :func:`told_apart` makes them differ."""
    return [_named(track) for track in tracks]


def _named(track: Playing) -> Named:
    name, program = sound_of(track)
    place = place_of(track.balance)
    doubt = "?" if track.sure < DOUBTFUL else ""
    return Named(f"{name} ({place}){doubt}" if place else name + doubt, program, track.sure)


def told_apart(names: Sequence[str]) -> list[str]:
    """The names of a result's tracks, all different.

    Twins by their place, else by number: so it must come when it is known who has notes. Who has no twin needs no
    place.
    """
    pieces = [_PIECES.fullmatch(name) for name in names]
    found = [(m["name"], m["place"] or "", m["doubt"] or "") for m in pieces if m is not None]
    twins = Counter(name for name, _, _ in found)
    taken: set[str] = set()
    out = []
    for name, place, doubt in found:
        base = free = f"{name}{place}" if twins[name] > 1 else name
        number = 2
        while free.casefold() in taken:
            free, number = f"{base} {number}", number + 1
        taken.add(free.casefold())
        out.append(free + doubt)
    return out


def place_of(balance: float) -> str:
    """Left, right or nothing for the middle."""
    if abs(balance) < SLIGHT:
        return ""
    return "left" if balance < 0 else "right"
