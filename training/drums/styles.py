"""The styles of the groove generator as tables: chances per cell of a bar, per limb.

A pattern is written as a string, one character a cell: `x` always, `o` usually, `.` sometimes,
`-` never. Sixteen cells are four beats of sixteenths, twelve are four beats of triplets.
"""

from __future__ import annotations

from dataclasses import dataclass

CHANCE = {"x": 1.0, "o": 0.8, ".": 0.3, "-": 0.0}


@dataclass(frozen=True, slots=True)
class Style:
    """What the limbs do in a bar."""

    name: str
    limbs: dict[str, tuple[float, ...]]
    pulse: tuple[tuple[float, ...], ...]
    timekeepers: tuple[str, ...]
    cells: int = 4
    ghosts: bool = False
    rolls: float = 0.0
    crash: float = 0.6


def _cells(text: str) -> tuple[float, ...]:
    return tuple(CHANCE[c] for c in text)


EIGHTHS, SIXTEENTHS, QUARTERS = "x-x-x-x-x-x-x-x-", "xoxoxoxoxoxoxoxo", "x---x---x---x---"
OFFBEATS, SHUFFLE, SWING = "--x---x---x---x-", "x-xx-xx-xx-x", "x--x-ox--x-o"
HATS = ("hat_closed", "hat_closed", "hat_closed", "hat_open", "hat_half", "ride")
LOUD = ("hat_open", "hat_half", "crash", "ride", "china", "hat_closed")


def _style(
    name: str,
    pulse: tuple[str, ...],
    timekeepers: tuple[str, ...] = HATS,
    cells: int = 4,
    ghosts: bool = False,
    rolls: float = 0.0,
    crash: float = 0.6,
    **limbs: str,
) -> Style:
    return Style(
        name,
        {a: _cells(p) for a, p in limbs.items()},
        tuple(_cells(p) for p in pulse),
        timekeepers,
        cells,
        ghosts,
        rolls,
        crash,
    )


STYLES: tuple[Style, ...] = (
    _style("rock", (EIGHTHS, EIGHTHS, QUARTERS), kick="x-.---.-x-o-..--", snare="----x-------x---"),
    _style("rock", (EIGHTHS, SIXTEENTHS), kick="x-----o-o-x-----", snare="----x--.-.--x--.", ghosts=True),
    _style("ballad", (EIGHTHS, QUARTERS), kick="x-------o-.-----", side_stick="----x-------x---", crash=0.3),
    _style("pop", (EIGHTHS, SIXTEENTHS), kick="x-----x-x-----.-", snare="----x-------x---", clap="----.-------.---"),
    _style("punk", (EIGHTHS, QUARTERS), LOUD, kick="x-.-o-.-x-x-o-.-", snare="--x---x---x---x-", crash=0.9),
    _style("punk", (EIGHTHS,), LOUD, kick="x-----x-x-x-----", snare="----x-------x---", crash=0.9),
    _style("metal", (EIGHTHS, QUARTERS), LOUD, kick="xxxxxxxxxxxxxxxx", snare="----x-------x---", crash=0.9),
    _style("metal", (EIGHTHS, QUARTERS), LOUD, kick="xx.xx.xxx.xx.xx.", snare="--------x-------", crash=0.9),
    _style("blast", (EIGHTHS, QUARTERS), LOUD, kick="x-x-x-x-x-x-x-x-", snare="-x-x-x-x-x-x-x-x", crash=0.8),
    _style("half time", (EIGHTHS, QUARTERS), kick="x--.--o---.--.--", snare="--------x-------", ghosts=True),
    _style("funk", (SIXTEENTHS, EIGHTHS), kick="x--.--x---o--.--", snare="----x--.-.--x--.", ghosts=True, crash=0.3),
    _style("funk", (SIXTEENTHS,), kick="x-o----.-.o--x--", snare="----x--o-o--x---", ghosts=True, crash=0.3),
    _style(
        "disco", (SIXTEENTHS, EIGHTHS), kick="x---x---x---x---", snare="----x-------x---", hat_open="--o---o---o---o-"
    ),
    _style(
        "house", (OFFBEATS, SIXTEENTHS), ("hat_open", "hat_closed"), kick="x---x---x---x---", clap="----x-------x---"
    ),
    _style(
        "techno",
        (OFFBEATS, SIXTEENTHS),
        ("hat_open", "hat_closed", "ride"),
        kick="x---x---x---x--.",
        snare="----.-------.--.",
    ),
    _style("hip hop", (EIGHTHS, SIXTEENTHS), kick="x-.---.o--x-----", snare="----x-------x--.", ghosts=True, crash=0.1),
    _style(
        "trap",
        (EIGHTHS, SIXTEENTHS),
        ("hat_closed",),
        kick="x-----.--.o---.-",
        clap="--------x-------",
        rolls=0.15,
        crash=0.1,
    ),
    _style("break", (EIGHTHS, SIXTEENTHS), kick="x-x-------xx----", snare="----x--x-x--x--x", ghosts=True),
    _style("drum and bass", (EIGHTHS,), kick="x---------x-----", snare="----x-------x--.", ghosts=True),
    _style("shuffle", (SHUFFLE,), cells=3, kick="x-----x-.--.", snare="---x-----x--", ghosts=True),
    _style(
        "swing", (SWING,), ("ride", "ride", "hat_closed"), cells=3, kick="x..-..x..-..", snare="..-..-..-..-", crash=0.3
    ),
    _style("twelve eight", ("xxxxxxxxxxxx",), cells=3, kick="x----.x-.--.", snare="---x-----x--"),
    _style(
        "bossa", (EIGHTHS,), ("hat_closed", "ride"), kick="x--xx--xx--xx--x", side_stick="x--x--x---x--x--", crash=0.1
    ),
    _style(
        "train",
        (QUARTERS, EIGHTHS),
        ("hat_closed", "ride"),
        kick="x---.---x---.---",
        snare="o.x.o.x.o.x.o.x.",
        crash=0.2,
    ),
    _style(
        "country", (QUARTERS, EIGHTHS), kick="x-------x-.-----", snare="----x-------x---", side_stick="--------.-------"
    ),
    _style(
        "toms",
        ("----------------", QUARTERS),
        tom_low="x-.-x-.-x-.-x-.-",
        tom_mid="...-..x-...-..x-",
        kick="x-------x-------",
    ),
    _style(
        "toms",
        (EIGHTHS,),
        ("tom_low", "tom_mid"),
        kick="x---x---x---x---",
        snare="----x-------x---",
        tom_high=".--.---.--.---.-",
    ),
    _style(
        "reggae",
        (EIGHTHS, SIXTEENTHS),
        ("hat_closed",),
        kick="--------x-------",
        side_stick="--------x-------",
        hat_open="------.-------.-",
    ),
    _style(
        "surf",
        (EIGHTHS, QUARTERS),
        ("ride", "hat_closed"),
        kick="x---o-.-x---o---",
        snare="----x-x-----x---",
        tom_high="-------.---.---.",
    ),
    _style(
        "crash ride", (QUARTERS, EIGHTHS), ("crash", "ride", "china"), kick="x-.-..x-x---.-o-", snare="----x-------x---"
    ),
    _style(
        "no hats", ("----------------",), kick="x-----x-x-.-----", snare="----x-------x---", clap="------------.---"
    ),
    _style(
        "latin",
        (EIGHTHS,),
        ("ride", "ride_bell", "hat_closed"),
        kick="x-----x-x-----x-",
        tom_high="------------o-o-",
        side_stick="----x-----------",
    ),
)
"""All styles, equally likely."""
