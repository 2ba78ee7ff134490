"""The articulations that the generator plays and the classes that the net learns.

An articulation is what a kit has a sound for; several share one class of the net
(`bridge.transcribers.drums.peaks.CLASSES`), and some have a second class that tells them from what they share it
with. Percussion without a class of its own is played too: the net must learn to leave it alone.
"""

from __future__ import annotations

ARTICULATION_CLASS: dict[str, tuple[int, ...]] = {
    "kick": (0,),
    "snare": (1,),
    "rimshot": (1,),
    "side_stick": (2,),
    "clap": (2, 10),
    "hat_closed": (3,),
    "hat_pedal": (3, 11),
    "hat_half": (4,),
    "hat_open": (4,),
    "tom_low": (5,),
    "tom_mid": (6,),
    "tom_high": (7,),
    "crash": (8,),
    "china": (8,),
    "splash": (8,),
    "ride": (9,),
    "ride_bell": (9,),
    "tambourine": (12,),
    "shaker": (13,),
    "cowbell": (14,),
    "percussion": (),
}
"""Class indices per articulation; none where it is heard but never written."""

PERCUSSION = ("tambourine", "shaker", "cowbell", "percussion")
"""What only a percussionist plays."""
PERCUSSIONISTS = {"tambourine": 0.28, "shaker": 0.26, "cowbell": 0.14, "clap": 0.14, "percussion": 0.18}
"""What is added to a drummer, and its share: the first two are what real mixes have most and what sounds most like
hats."""

FALLBACK: dict[str, str] = {
    "rimshot": "snare",
    "hat_pedal": "hat_closed",
    "hat_half": "hat_open",
    "china": "crash",
    "splash": "crash",
    "ride_bell": "ride",
    "tom_mid": "tom_high",
    "tom_high": "tom_mid",
    "tom_low": "tom_mid",
}
"""What a kit plays where it lacks an articulation."""

HELD_OUT_KITS = ("hydrogen/BJA_Pacific", "sf/Red_Zeppelin", "hydrogen/VariBreaks", "sf/FluidR3/25")
"""Kits that only validation clips use: two recorded, two electronic."""


def is_validation(number: int) -> bool:
    """One clip in twenty is for validation and plays the held-out kits only."""
    return number % 20 == 19
