"""Drum parts made up on a beat grid: hits with articulation, time and velocity.

A groove is a style (which cell of the bar each limb plays, and how likely), varied per clip and per
bar, with fills, crashes, ghost notes, flams and a player's own timing. A share of the clips plays
combinations no drummer would, so that the net listens instead of expecting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from training.drums.classes import PERCUSSIONISTS
from training.drums.styles import STYLES, Style
from training.plan import CLIP_S, ClipPlan

CELLS = 4
"""Cells a beat: sixteenths, or in triplet styles three of them."""

PERCUSSION_SHARE, SECOND_SHARE = 0.55, 0.2
"""Clips with a percussionist, and with two: many, because their sounds are rare and much like a drummer's."""
FILL_VOICES = (
    ("snare",),
    ("tom_high", "tom_mid", "tom_low"),
    ("snare", "tom_high", "tom_mid", "tom_low"),
    ("snare", "kick"),
    ("tom_low",),
    ("tom_high", "tom_low", "kick"),
)
"""What a fill runs over, from its start to its end."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One stroke; `velocity` is 0..1."""

    onset_s: float
    articulation: str
    velocity: float


@dataclass(frozen=True, slots=True)
class Feel:
    """How this drummer plays this clip."""

    loudness: float
    spread: float
    timing_s: float
    late_s: dict[str, float]
    accent: float
    flam: float
    ghost: float
    fill: float
    busy: float


def feel_of(rng: np.random.Generator) -> Feel:
    machine = rng.random() < 0.25
    limbs = ("kick", "snare", "hat", "tom", "cymbal")
    return Feel(
        loudness=rng.uniform(0.55, 0.9),
        spread=0.0 if machine and rng.random() < 0.5 else rng.uniform(0.03, 0.14),
        timing_s=0.0 if machine else rng.uniform(0.001, 0.009),
        late_s={limb: 0.0 if machine else float(rng.normal(0, 0.005)) for limb in limbs},
        accent=rng.uniform(0.0, 0.3),
        flam=rng.choice([0.0, 0.0, 0.03, 0.12]),
        ghost=rng.choice([0.0, 0.1, 0.3, 0.5]),
        fill=rng.choice([0.1, 0.3, 0.6]),
        busy=rng.uniform(0.7, 1.3),
    )


def limb_of(articulation: str) -> str:
    """Which limb's timing a stroke shares."""
    for limb, names in (
        ("kick", ("kick",)),
        ("hat", ("hat_closed", "hat_open", "hat_half", "hat_pedal")),
        ("tom", ("tom_low", "tom_mid", "tom_high")),
        ("cymbal", ("crash", "china", "splash", "ride", "ride_bell")),
    ):
        if articulation in names:
            return limb
    return "snare"


class Writer:
    """Collects the strokes of a clip in beats and turns them into seconds as the drummer plays them."""

    def __init__(self, plan: ClipPlan, feel: Feel, style: Style, rng: np.random.Generator) -> None:
        self.plan, self.feel, self.style, self.rng = plan, feel, style, rng
        self.hits: list[Hit] = []

    def seconds(self, beat: float) -> float:
        """A straight position, swung: the second half of each beat moves to the plan's swing point."""
        whole, part = divmod(beat, 1.0)
        swing = self.plan.swing if self.style.cells == CELLS else 0.5
        part = part * 2 * swing if part < 0.5 else swing + (part - 0.5) * 2 * (1 - swing)
        return self.plan.at(whole + part)

    def add(self, beat: float, articulation: str, velocity: float) -> None:
        """One stroke, humanised; now and then a flam."""
        feel, rng = self.feel, self.rng
        when = self.seconds(beat) + feel.late_s[limb_of(articulation)] + rng.normal(0, feel.timing_s)
        loud = float(np.clip(feel.loudness * velocity + rng.normal(0, feel.spread), 0.06, 1.0))
        if articulation in ("snare", "tom_low", "tom_mid", "tom_high") and rng.random() < feel.flam:
            self.hits.append(Hit(when - rng.uniform(0.018, 0.045), articulation, loud * rng.uniform(0.3, 0.7)))
        self.hits.append(Hit(when, articulation, loud))


def _bar(writer: Writer, style: Style, start: float, timekeeper: list[tuple[str, float]], beats: int) -> None:
    """The groove in one bar from beat `start` on."""
    rng, cells = writer.rng, style.cells
    for cell in range(beats * cells):
        beat = start + cell / cells
        accent = 1.0 if cell % cells == 0 else 1.0 - writer.feel.accent * (1.0 if cell % 2 else 0.5)
        for articulation, pattern in style.limbs.items():
            chance = pattern[cell % len(pattern)]
            if chance and rng.random() < min(1.0, chance * (writer.feel.busy if chance < 0.9 else 1.0)):
                writer.add(beat, articulation, accent if articulation != "kick" else 0.95)
            elif articulation == "snare" and style.ghosts and rng.random() < writer.feel.ghost * 0.4:
                writer.add(beat, "snare", rng.uniform(0.12, 0.4))
        articulation, chance = timekeeper[cell % len(timekeeper)]
        if chance and rng.random() < chance:
            writer.add(beat, articulation, accent * 0.9)
            if style.rolls and rng.random() < style.rolls:
                for k in range(1, int(rng.integers(2, 5))):
                    writer.add(beat + k / cells / 4, articulation, accent * 0.7)


def _timekeeper(style: Style, rng: np.random.Generator) -> list[tuple[str, float]]:
    """What plays the pulse of a section and in which cells, one entry a cell of a bar of four beats."""
    kind = str(rng.choice(style.timekeepers))
    pattern = style.pulse[int(rng.integers(len(style.pulse)))]
    row = [(kind, chance) for chance in pattern]
    if kind == "hat_closed":
        opened = rng.choice([0.0, 0.0, 0.05, 0.15])
        loose = "hat_half" if rng.random() < 0.4 else "hat_open"
        row = [(loose if chance and rng.random() < opened else kind, chance) for chance in pattern]
    elif kind == "ride":
        bell = rng.choice([0.0, 0.0, 0.1, 0.3])
        row = [("ride_bell" if rng.random() < bell else kind, chance) for chance in pattern]
    return row


def _fill(writer: Writer, start: float, length: float) -> None:
    """A fill over the last `length` beats of a bar."""
    rng = writer.rng
    step = float(rng.choice([0.25, 0.25, 0.5, 1 / 3, 1 / 6, 0.125]))
    voices = FILL_VOICES[int(rng.integers(len(FILL_VOICES)))]
    ordered = rng.random() < 0.6
    positions = np.arange(0, length - 1e-6, step)
    swell = rng.random() < 0.5
    for k, position in enumerate(positions):
        if rng.random() < 0.12:
            continue
        share = k / max(1, len(positions))
        voice = voices[min(len(voices) - 1, int(share * len(voices)))] if ordered else str(rng.choice(voices))
        writer.add(start + position, voice, 0.55 + 0.45 * share if swell else rng.uniform(0.65, 1.0))
        if voice != "kick" and rng.random() < 0.12:
            writer.add(start + position, "kick", 0.9)


def drummer(writer: Writer, plan: ClipPlan) -> None:
    rng, feel = writer.rng, writer.feel
    style = replace(writer.style, limbs={a: _varied(p, rng) for a, p in writer.style.limbs.items()})
    bars = int(len(plan.beats_s) / plan.beats_per_bar)
    phrase = int(rng.choice([2, 4, 4, 8]))
    timekeeper = _timekeeper(style, rng)
    pedal = rng.random() < (0.7 if timekeeper[0][0].startswith("ride") else 0.04)
    crashes = ["crash", "crash", "crash", "china", "splash"]
    for bar in range(bars):
        start = float(bar * plan.beats_per_bar)
        if bar % phrase == 0:
            if rng.random() < 0.35:
                timekeeper = _timekeeper(style, rng)
            if rng.random() < style.crash:
                writer.add(start, str(rng.choice(crashes)), 1.0)
                writer.add(start, "kick", 1.0)
        fill = bar % phrase == phrase - 1 and rng.random() < feel.fill
        length = float(rng.choice([1, 2, plan.beats_per_bar])) if fill else 0.0
        before = len(writer.hits)
        _bar(writer, style, start, timekeeper, plan.beats_per_bar)
        if pedal:
            for beat in range(1, plan.beats_per_bar, 2):
                writer.add(start + beat, "hat_pedal", 0.6)
        if fill:
            cut = writer.seconds(start + plan.beats_per_bar - length) - 0.02
            writer.hits[before:] = [h for h in writer.hits[before:] if h.onset_s < cut]
            _fill(writer, start + plan.beats_per_bar - length, length)


def _varied(pattern: tuple[float, ...], rng: np.random.Generator) -> tuple[float, ...]:
    """A pattern with a cell or two of its own, fixed for the clip."""
    cells = list(pattern)
    for _ in range(int(rng.integers(0, 3))):
        cells[int(rng.integers(len(cells)))] = float(rng.choice([0.0, 0.5, 0.9]))
    return tuple(cells)


def _anything(writer: Writer, plan: ClipPlan) -> None:
    """Strokes with no style at all: any articulation on any cell, some off the grid."""
    rng = writer.rng
    names = ["kick", "snare", "rimshot", "side_stick", "clap", "hat_closed", "hat_pedal", "hat_half", "hat_open",
             "tom_low", "tom_mid", "tom_high", "crash", "china", "splash", "ride", "ride_bell"]  # fmt: skip
    chosen = rng.choice(names, int(rng.integers(3, 9)), replace=False)
    for name in chosen:
        density = rng.uniform(0.03, 0.3)
        for beat in np.arange(0, len(plan.beats_s) - 1, 0.25):
            if rng.random() < density:
                off_grid = rng.uniform(-0.1, 0.1) if rng.random() < 0.2 else 0.0
                writer.add(float(beat + off_grid), str(name), rng.uniform(0.2, 1.1))


def _roll(writer: Writer, plan: ClipPlan) -> None:
    """A snare (or tom) line in the manner of a march or a rudiment, with accents."""
    rng = writer.rng
    voice = str(rng.choice(["snare", "snare", "tom_low"]))
    for beat in range(len(plan.beats_s) - 1):
        division = int(rng.choice([1, 2, 3, 4, 6, 8]))
        for k in range(division):
            writer.add(beat + k / division, voice, 1.0 if k == 0 else rng.uniform(0.3, 0.8))
        if rng.random() < 0.7:
            writer.add(float(beat), "kick", 0.9)


KINDS: list[tuple[float, Callable[[Writer, ClipPlan], None]]] = [(0.76, drummer), (0.2, _anything), (0.04, _roll)]
"""Share of clips by what their drummer does."""


def _percussion(writer: Writer, plan: ClipPlan) -> None:
    """One percussion instrument: a pulse with accents, or the backbeat alone."""
    rng = writer.rng
    name = str(rng.choice(list(PERCUSSIONISTS), p=list(PERCUSSIONISTS.values())))
    step, density = float(rng.choice([0.25, 0.25, 0.5, 0.5, 1.0])), rng.uniform(0.5, 1.0)
    backbeat, accent = rng.random() < (0.7 if name == "clap" else 0.25), rng.uniform(0.0, 0.5)
    for beat in np.arange(0, len(plan.beats_s) - 1, step):
        on_backbeat = beat % 2 == 1
        if on_backbeat or (not backbeat and rng.random() < density):
            writer.add(float(beat), name, 1.0 if on_backbeat else 1.0 - accent * rng.uniform(0.5, 1.0))


def playable(hits: list[Hit]) -> list[Hit]:
    """In time order, inside the clip, and no articulation twice within 12 ms."""
    out: list[Hit] = []
    last: dict[str, float] = {}
    for hit in sorted(hits, key=lambda h: h.onset_s):
        if 0.005 <= hit.onset_s <= CLIP_S - 0.05 and hit.onset_s - last.get(hit.articulation, -1.0) > 0.012:
            last[hit.articulation] = hit.onset_s
            out.append(hit)
    return out


def groove(plan: ClipPlan, rng: np.random.Generator) -> list[Hit]:
    """The hits of one clip in time order; empty in about one clip of thirty (the drummer is silent)."""
    if rng.random() < 0.03:
        return []
    style = STYLES[int(rng.integers(len(STYLES)))]
    writer = Writer(plan, feel_of(rng), style, rng)
    kind = rng.choice(len(KINDS), p=[share for share, _ in KINDS])
    KINDS[kind][1](writer, plan)
    draw = rng.random()
    for share in (PERCUSSION_SHARE, SECOND_SHARE):
        if draw < share:
            _percussion(writer, plan)
    hits = playable(writer.hits)
    if rng.random() < 0.1:
        # A break: some seconds of nothing, where only bleed and rings are left.
        start = rng.uniform(2, CLIP_S - 8)
        hits = [h for h in hits if not start < h.onset_s < start + rng.uniform(2, 6)]
    return hits
