"""Made-up songs in beats: grooves, bass lines, chords and melodies in all metres, with their bar lines and chords.

What arrangers' libraries are short of: odd metres and changes of metre, off-beat and half-time grooves, pushed chords,
pick-ups, songs without drums.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from training.beat.songs import Song
from training.drums.styles import STYLES, Style
from training.notes.compose import SCALES, near

KEYS = {
    "kick": 36, "snare": 38, "side_stick": 37, "clap": 39, "hat_closed": 42, "hat_half": 46, "hat_open": 46,
    "hat_pedal": 44, "tom_low": 43, "tom_mid": 47, "tom_high": 50, "crash": 49, "china": 52, "ride": 51,
    "ride_bell": 53,
}  # fmt: skip
GROUPS = {
    5: ((3, 2), (2, 3), (3, 2)),
    7: ((2, 2, 3), (3, 2, 2), (2, 3, 2)),
    6: ((3, 3), (2, 2, 2)),
    3: ((3,),),
    2: ((2,),),
}
"""How the beats of a bar fall together where it is not four."""


@dataclass(frozen=True, slots=True)
class Metre:
    """Beats of a bar and cells of a beat."""

    beats: int
    cells: int
    bpm: tuple[float, float]


METRES = (
    (0.46, Metre(4, 4, (40, 240))),
    (0.13, Metre(4, 3, (45, 230))),
    (0.12, Metre(3, 4, (55, 240))),
    (0.03, Metre(3, 3, (70, 220))),
    (0.08, Metre(2, 3, (40, 140))),
    (0.08, Metre(5, 4, (60, 220))),
    (0.07, Metre(7, 2, (170, 300))),
    (0.03, Metre(6, 4, (70, 220))),
)
"""Shares of the songs: straight and shuffled four, three, jazz waltz, 6/8 in two, five, 7/8 in eighths, six."""


CLICKS = 0.05
"""Share of the songs that are a click on every beat, or one note a beat: nothing else tells the beat."""


@dataclass(slots=True)
class _Bar:
    first: int
    metre: Metre
    chords: list[tuple[float, int, tuple[int, ...]]]
    """(beat within the bar, root class, classes)."""


@dataclass(slots=True)
class _Band:
    rng: np.random.Generator
    rows: list[tuple[float, float, float, float, int]] = field(default_factory=list)

    def add(self, part: int, beat: float, length: float, pitch: float, velocity: float) -> None:
        self.rows.append((beat, max(0.05, length), pitch, float(np.clip(velocity, 8, 127)), part))


def song(number: int) -> Song:
    """Song ``number``, always the same."""
    return song_with_chords(number)[0]


def song_with_chords(number: int) -> tuple[Song, list[tuple[float, float, int, tuple[int, ...]]]]:
    """The same with (first beat, last beat, root, pitch classes) of its chords."""
    rng = np.random.default_rng([31, number])
    if rng.random() < CLICKS:
        return _click(number, rng), []
    metre = METRES[rng.choice(len(METRES), p=[s for s, _ in METRES])][1]
    bars = _plan(metre, rng)
    band, kinds = _Band(rng), list[str]()
    if rng.random() < 0.78:
        kinds.append("drums")
        (_drums_in_four if metre.beats == 4 else _drums_in_groups)(band, bars, 0)
    if rng.random() < 0.85:
        kinds.append("bass")
        _bass(band, bars, len(kinds) - 1)
    for _ in range(int(rng.choice([0, 1, 1, 2, 3]))):
        kinds.append("other")
        _chords(band, bars, len(kinds) - 1)
    if rng.random() < 0.6 or not {"bass", "other"} & set(kinds):
        kinds.append("other")
        _melody(band, bars, len(kinds) - 1)
    notes = np.array(sorted(r for r in band.rows if r[0] >= 0))
    if not len(notes):
        return song_with_chords(number + 1_000_000)
    last = bars[-1].first + bars[-1].metre.beats
    downbeats = np.array([*(b.first for b in bars), last])
    made = Song(f"made {number}", notes, tuple(kinds), downbeats, metre.bpm, swung=metre.cells == 3)
    return made, _spans(bars)


def _click(number: int, rng: np.random.Generator) -> Song:
    """A stroke on every beat, sometimes another one on the first of the bar, or a scale in quarters."""
    size, key = int(rng.choice([3, 4, 4, 4])), int(rng.choice([36, 37, 38, 42, 42, 51]))
    pitched, accent = rng.random() < 0.35, rng.random() < 0.5
    tune = np.cumsum(rng.integers(-3, 4, 8)) + 64
    rows = [
        (
            float(b),
            0.5,
            float(tune[b % 8]) if pitched else 38.0 if accent and b % size == 0 and key != 38 else key,
            90.0,
            0,
        )
        for b in range(200)
    ]
    kinds = ("other",) if pitched else ("drums",)
    return Song(f"made {number}", np.array(rows), kinds, np.arange(0, 204, size), (38, 240), swung=True)


def _plan(metre: Metre, rng: np.random.Generator) -> list[_Bar]:
    """Bars with their chords; some songs insert other metres."""
    scale, key = SCALES[rng.integers(len(SCALES))], int(rng.integers(12))
    degrees = rng.integers(0, 7, int(rng.choice([2, 4, 4, 4, 8])))
    per_bar = int(rng.choice([1, 1, 1, 2])) if metre.beats > 2 else 1
    every = int(rng.choice([1, 1, 1, 2, 4])) if per_bar == 1 else 1
    changes = rng.random() < 0.1
    first = int(rng.integers(1, 4)) if rng.random() < 0.25 else 0
    bars, count = [], 0
    total = max(24, int(120 / metre.beats))
    for number in range(total):
        here = metre
        if changes and number % 4 == 3 and rng.random() < 0.5:
            here = Metre(max(2, metre.beats + int(rng.choice([-2, -1, 1, 2]))), metre.cells, metre.bpm)
        if changes and number == total // 2 and rng.random() < 0.5:
            metre = here = Metre({4: 3, 3: 4}.get(metre.beats, 4), metre.cells, metre.bpm)
        chords = []
        for part in range(per_bar if here.beats > 2 else 1):
            degree = int(degrees[count // every % len(degrees)])
            count += 1
            steps = (0, 2, 4, 6)[: 3 + int(rng.random() < 0.3)]
            classes = tuple((scale[(degree + s) % 7] + key) % 12 for s in steps)
            chords.append((float(part * (here.beats // 2 if here.beats != 3 else 2)), classes[0], classes))
        bars.append(_Bar(first, here, chords))
        first += here.beats
    return bars


def _drums_in_four(band: _Band, bars: list[_Bar], part: int) -> None:
    """A style of the drum generator's; half of all shuffles are played as triplets of a straight style's accents."""
    rng, cells = band.rng, bars[0].metre.cells
    style: Style = [s for s in STYLES if s.cells == cells][int(rng.integers(sum(s.cells == cells for s in STYLES)))]
    keeper, pulse = str(rng.choice(style.timekeepers)), style.pulse[int(rng.integers(len(style.pulse)))]
    limbs = {a: tuple(min(1.0, c * rng.uniform(0.8, 1.2)) if c < 1 else c for c in p) for a, p in style.limbs.items()}
    # A player repeats what he plays: chance decides once for a phrase of two bars, then now and then anew.
    dice = {a: rng.random((2, 64)) for a in [*limbs, "keeper"]}
    phrase, fills, crash = int(rng.choice([4, 4, 8])), rng.random() < 0.6, rng.random() < 0.7
    loud, accent = rng.uniform(60, 110), rng.uniform(0, 0.4)
    for number, bar in enumerate(bars):
        if rng.random() < 0.15:
            dice = {a: rng.random((2, 64)) for a in dice}
        fill = number % phrase == phrase - 1 and fills and rng.random() < 0.6
        stop = bar.metre.beats - (float(rng.choice([1, 2])) if fill else 0.0)
        if crash and number % phrase == 0:
            band.add(part, bar.first, 0.5, KEYS["crash"], loud * 1.1)
        for cell in range(int(stop * cells)):
            beat = bar.first + cell / cells
            strong = 1.0 if cell % cells == 0 else 1.0 - accent * (0.5 if cell % 2 == 0 else 1.0)
            for name, pattern in limbs.items():
                if dice[name][number % 2, cell] < pattern[cell % len(pattern)]:
                    band.add(part, beat, 0.1, KEYS[name], loud * strong)
                elif name == "snare" and style.ghosts and rng.random() < 0.1:
                    band.add(part, beat, 0.1, 38, loud * 0.35)
            if dice["keeper"][number % 2, cell] < pulse[cell % len(pulse)]:
                band.add(part, beat, 0.1, KEYS[keeper], loud * 0.8 * strong)
        if fill:
            _fill(band, part, bar.first + stop, bar.metre.beats - stop, cells, loud)


def _fill(band: _Band, part: int, start: float, length: float, cells: int, loud: float) -> None:
    rng = band.rng
    keys = rng.choice([38, 43, 47, 50], 3)
    for cell in range(int(length * cells)):
        if rng.random() < 0.8:
            band.add(part, start + cell / cells, 0.1, keys[cell * 3 // max(1, int(length * cells))], loud)


def _drums_in_groups(band: _Band, bars: list[_Bar], part: int) -> None:
    """Kick where a group of beats begins, backbeats inside the groups, a hat or ride going through."""
    rng = band.rng
    loud, keeper = rng.uniform(60, 110), int(rng.choice([42, 42, 46, 51]))
    choice, shape = int(rng.integers(3)), int(rng.integers(3))
    density = str(rng.choice(["beats", "cells", "halves", "waltz"]))
    extra = [(float(rng.integers(0, 14)) / 2, int(rng.choice([36, 36, 38]))) for _ in range(int(rng.integers(0, 3)))]
    backbeat = 37 if rng.random() < 0.2 else 38
    phrase, crash, fills = int(rng.choice([4, 8])), rng.random() < 0.6, rng.random() < 0.5
    for number, bar in enumerate(bars):
        beats, cells = bar.metre.beats, bar.metre.cells
        options = GROUPS.get(beats, ((beats,),))
        groups = options[choice % len(options)]
        if crash and number % phrase == 0:
            band.add(part, bar.first, 0.5, 49, loud * 1.1)
        fill = fills and number % phrase == phrase - 1 and beats > 2
        stop = beats - 1 if fill else beats
        start = 0
        for index, size in enumerate(groups):
            if start < stop and (index == 0 or shape != 1 or rng.random() < 0.5):
                band.add(part, bar.first + start, 0.1, 36, loud * (1.0 if index == 0 else 0.85))
            hits = {0: range(1, size), 1: (size - 1,), 2: (1,)}[shape] if size > 2 else (1,) if beats > 2 else ()
            for hit in hits:
                if start + hit < stop:
                    band.add(part, bar.first + start + hit, 0.1, backbeat, loud * 0.95)
            start += size
        if beats == 2 and cells == 3:
            band.add(part, bar.first + 1, 0.1, backbeat, loud)
        for beat, key in extra:
            if beat < stop and rng.random() < 0.85 and (cells != 3 or beat % 1 == 0):
                band.add(part, bar.first + beat, 0.1, key, loud * 0.8)
        step = {"beats": 1.0, "cells": 1.0 / cells, "halves": 0.5 if cells != 3 else 1 / 3}.get(density, 1.0)
        for k in range(round(stop / step)):
            beat = k * step
            if density != "waltz" or beat:
                band.add(part, bar.first + beat, 0.1, keeper, loud * (0.8 if beat % 1 == 0 else 0.6))
        if fill:
            _fill(band, part, bar.first + stop, 1, cells, loud)


def _spans(bars: list[_Bar]) -> list[tuple[float, float, int, tuple[int, ...]]]:
    """(first beat, last beat, root, classes) of every chord."""
    spans = []
    for bar in bars:
        ends = [*(c[0] for c in bar.chords[1:]), float(bar.metre.beats)]
        spans += [(bar.first + c[0], bar.first + e, c[1], c[2]) for c, e in zip(bar.chords, ends, strict=True)]
    return spans


def _rhythm(rng: np.random.Generator, beats: int, cells: int, kind: str) -> list[float]:
    """Places within a bar at which something is played."""
    grid = [k / cells for k in range(beats * cells)]
    half = 1 / 3 if cells == 3 else 0.5
    if kind == "held":
        return [0.0]
    if kind == "beats":
        return [float(b) for b in range(beats)]
    if kind == "halves":
        return [k * half for k in range(round(beats / half))]
    if kind == "cells":
        return grid
    if kind == "off":
        late = 2 / 3 if cells == 3 else 0.5
        return [b + late for b in range(beats)]
    if kind == "back":
        return [float(b) for b in range(1, beats)] if beats in (2, 3) else [float(b) for b in range(1, beats, 2)]
    if kind == "tresillo":
        return [x for x in (0.0, 1.5, 3.0) if x < beats]
    if kind == "charleston":
        return [0.0, 1.0 + (2 / 3 if cells == 3 else 0.5)]
    weights = np.array([1.0 if g == 0 else 0.6 if g % 1 == 0 else 0.35 for g in grid])
    return [g for g, w in zip(grid, weights, strict=True) if rng.random() < w * 0.9]


def _bass(band: _Band, bars: list[_Bar], part: int) -> None:
    rng = band.rng
    kind = str(rng.choice(["held", "beats", "halves", "any", "any", "off", "two", "walk", "tresillo", "cells"],
                          p=[0.13, 0.1, 0.15, 0.2, 0.12, 0.05, 0.1, 0.06, 0.06, 0.03]))  # fmt: skip
    centre, gate, loud = int(rng.integers(31, 45)), rng.uniform(0.5, 1.0), rng.uniform(55, 110)
    push = 0.5 if rng.random() < 0.1 else 0.0
    cells, fifth = bars[0].metre.cells, rng.random() < 0.5
    rhythm = _rhythm(rng, bars[0].metre.beats, cells, "any")
    for bar, (first, last, root, classes) in ((b, s) for b in bars for s in _spans([b])):
        if kind == "two":
            places = [0.0, float(bar.metre.beats // 2 if bar.metre.beats != 3 else 2)]
        elif kind == "any":
            places = rhythm
        else:
            places = _rhythm(rng, bar.metre.beats, bar.metre.cells, "beats" if kind == "walk" else kind)
        inside = [bar.first + p for p in places if first <= bar.first + p < last] or [first]
        for k, beat in enumerate(inside):
            end = inside[k + 1] if k + 1 < len(inside) else last
            pitch = near(root, centre)
            if k and (kind == "walk" or (fifth and rng.random() < 0.4)):
                pitch = near(int(rng.choice(classes)), centre + 4)
            early = push if beat == first and first > push and rng.random() < 0.8 else 0.0
            band.add(part, beat - early, (end - beat) * gate, pitch, loud * (1.05 if beat == bar.first else 0.92))


def _chords(band: _Band, bars: list[_Bar], part: int) -> None:
    rng = band.rng
    kind = str(rng.choice(["held", "beats", "halves", "off", "back", "any", "charleston", "arpeggio", "tresillo"],
                          p=[0.24, 0.1, 0.11, 0.12, 0.1, 0.12, 0.05, 0.12, 0.04]))  # fmt: skip
    centre, gate, loud = int(rng.integers(52, 70)), rng.uniform(0.4, 1.0), rng.uniform(45, 100)
    push, cells = 0.5 if rng.random() < 0.12 else 0.0, bars[0].metre.cells
    rhythm, up = _rhythm(rng, bars[0].metre.beats, cells, "any"), rng.random() < 0.6
    step = float(rng.choice([1 / cells, 0.5 if cells != 3 else 1 / 3, 1.0]))
    for bar, (first, last, _, classes) in ((b, s) for b in bars for s in _spans([b])):
        voicing = sorted(near(c, centre) for c in classes)
        if kind == "arpeggio":
            order = voicing if up else [*voicing, *voicing[-2:0:-1]]
            for k, beat in enumerate(np.arange(first, last - 0.01, step)):
                band.add(part, float(beat), step * (1 + 2 * gate), order[k % len(order)], loud * (1.1 if k == 0 else 1))
            continue
        places = rhythm if kind == "any" else _rhythm(rng, bar.metre.beats, bar.metre.cells, kind)
        inside = [bar.first + p for p in places if first <= bar.first + p < last]
        inside = inside or ([first] if kind == "held" else [])
        for k, beat in enumerate(inside):
            end = inside[k + 1] if k + 1 < len(inside) else last
            early = push if beat == first and first > push else 0.0
            for pitch in voicing:
                band.add(part, beat - early, (end - beat) * (1.0 if kind == "held" else gate), pitch, loud)


def _melody(band: _Band, bars: list[_Bar], part: int) -> None:
    """Phrases of two or four bars: a pick-up, notes that are longer on strong beats, a rest."""
    rng = band.rng
    centre, loud, half = int(rng.integers(60, 80)), rng.uniform(60, 110), bars[0].metre.cells
    phrase, pickup, pitch = int(rng.choice([2, 4])), int(rng.choice([0, 0, 1, 2, 3])), centre
    busy = rng.uniform(0.25, 0.9)
    figures = [_line(rng, bars[0].metre, busy) for _ in range(3)]
    for number, bar in enumerate(bars):
        places = list(figures[int(rng.integers(3)) if rng.random() < 0.4 else number % 2])
        if number % phrase == phrase - 1:
            places = [p for p in places if p < bar.metre.beats / 2]
            places += [bar.metre.beats - k / min(2, half) for k in range(pickup, 0, -1)]
        chord = [c for _, _, c in bar.chords]
        for k, place in enumerate(p for p in places if p < bar.metre.beats):
            end = places[k + 1] if k + 1 < len(places) else bar.metre.beats
            pitch = int(np.clip(pitch + rng.integers(-4, 5), centre - 10, centre + 12))
            if place % 1 == 0:
                pitch = near(int(rng.choice(chord[0])), pitch)
            band.add(part, bar.first + place, (end - place) * 0.9, pitch, loud * rng.uniform(0.85, 1.05))


def _line(rng: np.random.Generator, metre: Metre, busy: float) -> list[float]:
    places, at = [], 0.0
    if rng.random() < 0.25:
        at = 1.0 / metre.cells * int(rng.integers(1, metre.cells + 1))
    lengths = (1 / 3, 2 / 3, 1.0, 2.0) if metre.cells == 3 else (0.5, 0.5, 1.0, 1.5, 2.0, 0.25, 0.75)
    while at < metre.beats:
        places.append(at)
        at += float(rng.choice([s for s in lengths if s <= 1.0] if rng.random() < busy else lengths))
    return places
