"""Parts for percussionists: alone, beside a drummer or in place of his hats; claps on snares, feet on hats.

The grooves are a drummer's, to whom percussion is added now and then. These are the other way round: what strikes
seldom there comes first here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from training.drums.grooves import Hit, Writer, drummer, feel_of, limb_of, playable
from training.drums.styles import STYLES
from training.plan import ClipPlan

PLAYERS = {"tambourine": 0.27, "shaker": 0.28, "cowbell": 0.2, "clap": 0.15, "percussion": 0.1}
"""What percussionists play, and its share."""
PULSES = (
    *["x-x-x-x-x-x-x-x-", "xxxxxxxxxxxxxxxx"] * 2,
    *["x---x---x---x---", "----x-------x---", "--x---x---x---x-", "x-xxx-xxx-xxx-xx"],
    *["x--x--x---x-x---", "x-x-x--x-x-x-x--", "..x...x...x...x.", "x.x.xxx.x.x.xxx."],
)
"""Bars of sixteenths: always, sometimes, never."""
ALONE = ("hat_closed", "hat_open", "hat_half", "ride", "side_stick", "snare", "tom_low", "tom_high", "crash")
"""What may be all that is struck: hats above all are much like a shaker then."""
SOMETIMES = 0.4
SECOND = 0.3
"""Share of the lineups with two percussionists."""


def _beats(plan: ClipPlan) -> int:
    return len(plan.beats_s) - 1


def _keep_time(writer: Writer, plan: ClipPlan, name: str, pulse: str, loud: float = 1.0) -> None:
    """One instrument repeats a bar, with accents of its own."""
    rng = writer.rng
    weak, offbeat = 1 - rng.uniform(0, 0.5), rng.random() < 0.3
    skipped = rng.choice([0.0, 0.0, 0.05, 0.2])
    for cell in range(_beats(plan) * 4):
        mark = pulse[cell % len(pulse)]
        if mark == "-" or (mark == "." and rng.random() > SOMETIMES) or rng.random() < skipped:
            continue
        strong = cell % 4 == (2 if offbeat else 0)
        writer.add(cell / 4, name, loud * (1.0 if strong else weak))


def _percussionists(writer: Writer, plan: ClipPlan) -> None:
    rng = writer.rng
    count = 1 + int(rng.random() < SECOND)
    for name in rng.choice(list(PLAYERS), count, replace=False, p=list(PLAYERS.values())):
        pulse = PULSES[int(rng.integers(len(PULSES)))]
        if name == "clap" and rng.random() < 0.6:
            pulse = "----x-------x---"
        _keep_time(writer, plan, str(name), pulse)


def _alone(writer: Writer, plan: ClipPlan) -> None:
    """Percussionists, over a kick or over nothing."""
    _percussionists(writer, plan)
    if writer.rng.random() < 0.4:
        _keep_time(
            writer, plan, "kick", str(writer.rng.choice(["x---x---x---x---", "x-------x-------", "x-----x-x-x-----"]))
        )


def _for_the_hats(writer: Writer, plan: ClipPlan) -> None:
    """A drummer whose hands leave the hats, or all metal, to a percussionist."""
    drummer(writer, plan)
    gone = {"hat"} if writer.rng.random() < 0.4 else {"hat", "cymbal"}
    writer.hits[:] = [h for h in writer.hits if limb_of(h.articulation) not in gone]
    _percussionists(writer, plan)


def _beside(writer: Writer, plan: ClipPlan) -> None:
    """A drummer and percussionists."""
    drummer(writer, plan)
    _percussionists(writer, plan)


def _claps(writer: Writer, plan: ClipPlan) -> None:
    """Claps on a drummer's snares, or in their place."""
    drummer(writer, plan)
    instead, late_s = writer.rng.random() < 0.5, writer.rng.normal(0, 0.004)
    loud = [h for h in writer.hits if h.articulation in ("snare", "side_stick") and h.velocity > 0.4]
    if instead:
        writer.hits[:] = [h for h in writer.hits if h.articulation not in ("snare", "side_stick")]
    writer.hits += [replace(h, articulation="clap", onset_s=h.onset_s + late_s) for h in loud]


def _feet(writer: Writer, plan: ClipPlan) -> None:
    """Pedal hats, alone, over a kick, under a ride or a swing, or in a drummer's beat without hats."""
    rng = writer.rng
    pulse = str(
        rng.choice(["----x-------x---", "----x-------x---", "x---x---x---x---", "x-x-x-x-x-x-x-x-", "--x---x---x---x-"])
    )
    kind = rng.random()
    if kind < 0.35:
        drummer(writer, plan)
        kept = {"kick", "snare", "tom"} | ({"cymbal"} if rng.random() < 0.6 else set())
        writer.hits[:] = [h for h in writer.hits if limb_of(h.articulation) in kept]
    elif kind < 0.7:
        ride = str(rng.choice(["x---x-x-x---x-x-", "x-x-x-x-x-x-x-x-", "x--xx--xx--xx--x"]))
        _keep_time(writer, plan, "ride", ride)
    if rng.random() < 0.4:
        _keep_time(writer, plan, "kick", "x-------........", 0.7)
    _keep_time(writer, plan, "hat_pedal", pulse, rng.uniform(0.6, 1.0))


def _house(writer: Writer, plan: ClipPlan) -> None:
    """A drum machine: kicks on the beat, open hats between them, claps or snares, closed hats in sixteenths."""
    rng = writer.rng
    _keep_time(writer, plan, "kick", "x---x---x---x---")
    _keep_time(writer, plan, str(rng.choice(["hat_open", "hat_open", "hat_half"])), "--x---x---x---x-")
    if rng.random() < 0.8:
        _keep_time(writer, plan, str(rng.choice(["clap", "clap", "snare"])), "----x-------x---")
    if rng.random() < 0.4:
        _keep_time(
            writer,
            plan,
            "hat_closed",
            str(rng.choice(["xx-xxx-xxx-xxx-x", "x---x---x---x---", ".x.x.x.x.x.x.x.x"])),
            0.7,
        )
    if rng.random() < 0.4:
        _percussionists(writer, plan)


def _one_sound(writer: Writer, plan: ClipPlan) -> None:
    """One or two of a drummer's sounds and nothing else: not all that stands alone is percussion."""
    rng = writer.rng
    for name in rng.choice(ALONE, 1 + int(rng.random() < SECOND), replace=False):
        _keep_time(writer, plan, str(name), PULSES[int(rng.integers(len(PULSES)))])


LINEUPS: tuple[tuple[float, Callable[[Writer, ClipPlan], None]], ...] = (
    (0.16, _alone),
    (0.22, _for_the_hats),
    (0.18, _beside),
    (0.11, _claps),
    (0.15, _feet),
    (0.08, _house),
    (0.1, _one_sound),
)
"""Share of the clips by who plays."""


def lineup(plan: ClipPlan, rng: np.random.Generator) -> list[Hit]:
    """The hits of one clip in time order."""
    style = STYLES[int(rng.integers(len(STYLES)))]
    writer = Writer(plan, feel_of(rng), style, rng)
    LINEUPS[rng.choice(len(LINEUPS), p=[share for share, _ in LINEUPS])][1](writer, plan)
    return playable(writer.hits)
