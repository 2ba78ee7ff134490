"""Made-up parts on a clip's shared grid: bass lines, riffs, chords, arpeggios, leads, sung lines, pads.

Everything here is symbolic and cheap; :mod:`training.notes.render` turns it into sound. Times come
from :class:`training.plan.ClipPlan`, so that drums rendered elsewhere fall on the same beats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from training.plan import CLIP_S, ClipPlan

SCALES = (
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 3, 5, 7, 9, 10),
    (0, 2, 4, 5, 7, 9, 10),
    (0, 1, 3, 5, 7, 8, 10),
    (0, 3, 5, 6, 7, 10, 10),
)
"""Major, minor, Dorian, Mixolydian, Phrygian and blues (its sixth degree doubled) as semitones."""

STEPS = (1.0, 0.5, 0.5, 0.25, 0.25, 2.0, 4.0, 1 / 3)
"""Grid of a part in beats; eighths and sixteenths are the commonest in popular music."""

KEEP = (0.9, 0.85, 0.6, 0.6, 0.85, 1.0, 1.0, 0.8)
"""Share of the grid positions of each step that carry a note."""

HELD_OUT_FIRST = 9000
"""Clips from this number on are never trained on; thresholds are tuned on them."""

MIN_PITCH, MAX_PITCH = 21, 108
"""The model's range: the piano's."""


@dataclass(frozen=True, slots=True)
class Played:
    """One note as its key is pressed and released."""

    onset_s: float
    offset_s: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Line:
    """One instrument's notes; ``kind`` chooses its sounds."""

    kind: str
    notes: tuple[Played, ...]
    program: int | None = None
    """General MIDI program wanted by a song; None leaves the choice to the renderer."""


@dataclass(frozen=True, slots=True)
class Chord:
    """A harmony that holds for a span of beats."""

    first: float
    last: float
    root: int
    classes: tuple[int, ...]


@dataclass(slots=True)
class Manner:
    """How one player plays in one clip."""

    centre: int
    gate: float
    jitter_s: float
    velocity: float
    accent: float
    strum_s: float
    size: int
    step: float
    keep: float
    seed: int
    same: bool
    """Whether the rhythm repeats with every chord."""


def swung(plan: ClipPlan, beat: float) -> float:
    """Seconds of a beat position, its second half moved to the clip's swing."""
    whole = np.floor(beat)
    return plan.at(whole + float(np.interp(beat - whole, [0, 0.5, 1], [0, plan.swing, 1])))


def near(pitch_class: int, centre: int) -> int:
    """The pitch of this class closest to ``centre``."""
    return int(centre + (pitch_class - centre + 6) % 12 - 6)


def progression(plan: ClipPlan, rng: np.random.Generator) -> tuple[list[Chord], tuple[int, ...]]:
    """A repeating chord progression over the whole clip, and the scale's pitch classes."""
    scale = SCALES[rng.integers(len(SCALES))]
    degrees = rng.integers(0, 7, rng.integers(2, 7))
    length = float(rng.choice([plan.beats_per_bar, plan.beats_per_bar, 2, 8]))
    chords, beat = [], 0.0
    for k in range(len(plan.beats_s)):
        if beat + length > len(plan.beats_s) - 1:
            break
        degree = int(degrees[k % len(degrees)])
        steps = (0, 2, 4, 6)[: 3 + int(rng.random() < 0.3)]
        classes = [(scale[(degree + i) % 7] + plan.key) % 12 for i in steps]
        if rng.random() < 0.15:
            classes[1] = (classes[0] + int(rng.choice([2, 5]))) % 12
        chords.append(Chord(beat, beat + length, classes[0], tuple(classes)))
        beat += length
    return chords, tuple((s + plan.key) % 12 for s in scale)


CENTRES = {
    "bass": (31, 45),
    "riff": (40, 53),
    "chords": (50, 71),
    "pad": (48, 72),
    "arp": (50, 77),
    "lead": (58, 85),
    "voice": (50, 74),
    "random": (40, 85),
}
"""Range of the middle pitch of a line by kind, MIDI numbers."""


def manner(kind: str, rng: np.random.Generator) -> Manner:
    """A player's habits for one clip."""
    style = int(rng.integers(len(STEPS)))
    if kind == "pad":
        style = 5 + int(rng.integers(2))
    return Manner(
        centre=int(rng.integers(*CENTRES[kind])),
        gate=float(rng.choice([0.3, 0.6, 0.85, 0.95, 1.0])) if kind != "pad" else 1.0,
        jitter_s=float(rng.choice([0, 0.004, 0.01])),
        velocity=float(rng.uniform(50, 112)),
        accent=float(rng.uniform(2, 16)),
        strum_s=float(rng.choice([0, 0, 0.008, 0.02])),
        size=int(rng.integers(2, 6)),
        step=STEPS[style],
        keep=KEEP[style],
        seed=int(rng.integers(1 << 30)),
        same=bool(rng.random() < 0.7),
    )


def slots(how: Manner, chord: Chord, rng: np.random.Generator) -> list[tuple[float, float]]:
    """(beat, length in beats) of the attacks within a chord."""
    beats = [b for b in np.arange(chord.first, chord.last - 0.1, how.step) if rng.random() < how.keep]
    if not beats:
        return []
    ends = [*beats[1:], chord.last]
    return [(float(b), float(min(e, b + how.step * 4) - b)) for b, e in zip(beats, ends, strict=True)]


def _bass(how: Manner, chord: Chord, rhythm: np.random.Generator, rng: np.random.Generator, scale: tuple[int, ...]):
    leap, walk = (0, 0.1, 0.4)[how.seed % 3], (0, 0.2, 0.6)[how.seed // 3 % 3]
    for beat, length in slots(how, chord, rhythm):
        pitch, x = near(chord.root, how.centre), rng.random()
        if x < leap:
            pitch += 12
        elif x < leap + walk:
            pitch = near(scale[rng.integers(7)], pitch)
        yield beat, length * how.gate, pitch


def _riff(how: Manner, chord: Chord, rhythm: np.random.Generator, rng: np.random.Generator, scale: tuple[int, ...]):
    for beat, length in slots(how, chord, rhythm):
        base = near(chord.root if rng.random() < 0.7 else scale[rng.integers(7)], how.centre)
        for pitch in (base, base + 7, base + 12)[: min(how.size, 3)]:
            yield beat, length * how.gate, pitch


def _chords(how: Manner, chord: Chord, rhythm: np.random.Generator, rng: np.random.Generator, scale: tuple[int, ...]):
    wanted = (chord.classes * 2)[: how.size + 1]
    voicing = sorted({near(c, how.centre + int(rhythm.integers(-5, 6))) for c in wanted})
    for beat, length in slots(how, chord, rhythm):
        for pitch in voicing:
            yield beat, length * how.gate, pitch


def _arp(how: Manner, chord: Chord, rhythm: np.random.Generator, rng: np.random.Generator, scale: tuple[int, ...]):
    voicing = sorted({near(c, how.centre) + o for c in chord.classes for o in (0, 12)})
    voicing = voicing[:: 1 if how.seed % 2 else -1]
    step, rings = (0.25, 0.5, 1 / 3)[how.seed % 3], how.seed % 5 < 2
    for i, beat in enumerate(np.arange(chord.first, chord.last - 0.05, step)):
        length = min(step * len(voicing), chord.last - beat) if rings else step * how.gate
        yield float(beat), float(length), voicing[i % len(voicing)]


def _random(how: Manner, chord: Chord, rhythm: np.random.Generator, rng: np.random.Generator, scale: tuple[int, ...]):
    count = rng.poisson((chord.last - chord.first) * rng.uniform(0.5, 5))
    for beat in np.sort(rng.uniform(chord.first, chord.last, count)):
        length = float(rng.choice([0.15, 0.3, 0.6, 1.2, 3]) * rng.uniform(0.7, 1.4))
        yield float(beat), length, int(np.clip(how.centre + rng.normal(0, 14), MIN_PITCH, MAX_PITCH - 3))


def _melody(how: Manner, chord: Chord, rhythm: np.random.Generator, rng: np.random.Generator, scale: tuple[int, ...]):
    """A walk along the scale with rests; leads of size 2 play in thirds."""
    pitch = how.centre + int(rng.integers(-5, 6))
    for beat, length in slots(how, chord, rhythm):
        if rng.random() < 0.12:
            continue
        if rng.random() > 0.15:
            pitch = int(np.clip(pitch + rng.integers(-4, 5), how.centre - 10, how.centre + 11))
        pitch = near(min(scale, key=lambda s: abs((s - pitch + 6) % 12 - 6)), pitch)
        if rng.random() < 0.05 and length > 0.3:
            yield beat - 0.1, 0.09, pitch + int(rng.choice([-2, -1, 1, 2]))
        yield beat, length * how.gate, pitch
        if how.size == 2:
            yield beat, length * how.gate, pitch - int(rng.choice([3, 4, 5]))


MAKERS = {
    "bass": _bass,
    "riff": _riff,
    "chords": _chords,
    "pad": _chords,
    "arp": _arp,
    "lead": _melody,
    "voice": _melody,
    "random": _random,
}


def line(kind: str, plan: ClipPlan, rng: np.random.Generator) -> Line:
    """A made-up line of the given kind over the clip's progression.

    The progression depends on the plan's seed alone, so all lines of a clip share it.
    """
    chords, scale = progression(plan, np.random.default_rng(plan.seed))
    how = manner(kind, rng)
    if kind == "voice":
        how.size, how.gate = 1, max(how.gate, 0.85)
    notes = []
    rests = rng.random() < 0.35
    for chord in chords:
        if rests and rng.random() < 0.3:
            continue
        rhythm = np.random.default_rng(how.seed) if how.same else rng
        for beat, length, pitch in MAKERS[kind](how, chord, rhythm, rng, scale):
            start = swung(plan, beat) + rng.normal(0, how.jitter_s) + rng.uniform(0, how.strum_s)
            end = max(start + 0.05, swung(plan, beat + length))
            velocity = int(np.clip(how.velocity + rng.normal(0, how.accent), 20, 127))
            notes.append(Played(float(start), float(end), int(pitch), velocity))
    return Line(kind, tidy(notes, one_voice=kind == "voice" or (kind in ("bass", "lead") and how.size != 2)))


def tidy(notes: list[Played], *, one_voice: bool = False) -> tuple[Played, ...]:
    """Notes inside the clip, in order; a note ends where the same pitch (or voice) starts again."""
    kept: list[Played] = []
    last: dict[int, int] = {}
    for note in sorted(notes, key=lambda n: (n.onset_s, n.pitch)):
        if not (0 <= note.onset_s < CLIP_S - 0.2 and MIN_PITCH <= note.pitch <= MAX_PITCH):
            continue
        voice = 0 if one_voice else note.pitch
        if voice in last:
            before = kept[last[voice]]
            if note.onset_s - before.onset_s < 0.04:
                continue
            kept[last[voice]] = replace(before, offset_s=min(before.offset_s, note.onset_s - 0.002))
        last[voice] = len(kept)
        kept.append(replace(note, offset_s=min(note.offset_s, CLIP_S)))
    return tuple(n for n in kept if n.offset_s - n.onset_s > 0.02)
