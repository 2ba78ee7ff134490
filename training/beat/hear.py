"""What the engines would have heard of a song, with all their errors, and its beats, in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.score.beat.features import PIECES, BeatEvidence, NoteArrays, features
from bridge.score.beat.onset_strength import RATE_HZ as FINE_HZ
from bridge.score.beat.onset_strength import OnsetStrength, level
from training.beat.songs import Song

EXCERPT_S = 32.0
"""At 40 BPM five bars, at 240 BPM thirty-two."""


@dataclass(frozen=True, slots=True)
class Example:
    """One excerpt as it would be heard, and its truth."""

    strength: OnsetStrength
    heard: BeatEvidence
    beat_times_s: np.ndarray
    downbeat_times_s: np.ndarray

    @property
    def curves(self) -> np.ndarray:
        """(channels, frames) at 100 frames a second."""
        return features(self.strength.full, self.strength.low, self.heard)


def tempo_curve(song: Song, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count + 1,) seconds of each beat from the excerpt's first on."""
    low, high = song.bpm
    if song.own_bpm and rng.random() < 0.7:
        bpm = float(np.clip(song.own_bpm * np.exp(rng.normal(0, 0.15)), low, high))
    elif rng.random() < 0.35:
        bpm = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    else:
        centre = 112.0 if low < 160 else 230.0
        bpm = float(np.clip(np.exp(rng.normal(np.log(centre), 0.33)), low, high))
    change = np.zeros(count)
    kind = rng.random()
    if kind < 0.2:
        change = np.cumsum(rng.normal(0, rng.uniform(0.001, 0.012), count))
    elif kind < 0.32:
        # A ritardando or an accelerando over some bars, kept afterwards or taken back at once.
        first, length = int(rng.integers(0, count)), int(rng.integers(6, 32))
        amount = rng.uniform(0.1, 0.5) * rng.choice([1, 1, -0.6])
        ramp = np.clip((np.arange(count) - first) / length, 0, 1)
        change = amount * np.where((ramp >= 1) & (rng.random() < 0.5), 0.0, ramp)
    elif kind < 0.4:
        phase = np.arange(count) / rng.uniform(4, 16) * 2 * np.pi
        change = rng.uniform(0.02, 0.12) * np.sin(phase) + rng.normal(0, 0.02, count)
    elif kind < 0.46:
        change = np.where(np.arange(count) > rng.integers(4, max(5, count)), rng.uniform(-0.5, 0.5), 0.0)
    periods = 60.0 / bpm * np.exp(np.clip(change, -0.7, 0.7))
    return np.concatenate([[0.0], np.cumsum(periods)])


def example(song: Song, rng: np.random.Generator) -> Example:
    """A random excerpt as it would be heard."""
    last = float(song.downbeats[-1])
    span = EXCERPT_S * song.bpm[1] / 60 * 2 + 8
    times = tempo_curve(song, int(min(last, span)) + 16, rng)
    shown = np.searchsorted(times, EXCERPT_S)
    latest = max(1.0, last - min(shown, last * 0.8))
    first = float(rng.uniform(0, latest))
    if rng.random() < 0.55:
        bars = song.downbeats[song.downbeats <= latest]
        first = float(bars[rng.integers(len(bars))]) if len(bars) else 0.0
    if rng.random() < 0.1:
        first = 0.0
    lead_s = rng.uniform(0, 2.5) if rng.random() < 0.35 else rng.uniform(0, 0.03)
    swing = (
        rng.uniform(0.53, 0.7)
        if not song.swung and rng.random() < (0.12 if song.own_bpm or "made" not in song.name else 0.25)
        else 0.5
    )

    def when(beats: np.ndarray) -> np.ndarray:
        whole = np.floor(beats + 1e-6)
        part = beats - whole
        part = np.where(part < 0.5, part * 2 * swing, swing + (part - 0.5) * 2 * (1 - swing))
        return (
            np.interp(whole + part - np.floor(first), np.arange(len(times)), times)
            - float(np.interp(first - np.floor(first), np.arange(len(times)), times))
            + lead_s
        )

    keep = (song.notes[:, 0] >= first - 1e-6) & (song.notes[:, 0] < first + len(times) - 3)
    notes = song.notes[keep]
    on, off = when(notes[:, 0]), when(notes[:, 0] + notes[:, 1])
    beats = np.arange(np.ceil(first - 1e-6), min(last + 1, first + len(times) - 3))
    beat_s, down_s = when(beats), when(song.downbeats[song.downbeats >= first - 1e-6].astype(float))
    end = min(EXCERPT_S, float(on.max()) + 0.2 if len(on) else 0.0)
    start = float(on.min()) if len(on) else 0.0
    beat_s = beat_s[(beat_s <= end) & (beat_s >= start - 0.6 * np.median(np.diff(times)))]
    down_s = down_s[(down_s <= end) & (down_s >= start - 0.6 * np.median(np.diff(times)))]
    strength, heard = hear(song, notes, on, off, rng)
    return Example(strength, heard, beat_s, down_s)


def hear(
    song: Song, notes: np.ndarray, on: np.ndarray, off: np.ndarray, rng: np.random.Generator
) -> tuple[OnsetStrength, BeatEvidence]:
    """Onset strength and notes, with players' and engines' errors."""
    part = notes[:, 4].astype(int)
    kinds = np.array(song.kinds)
    silent = _left_out(kinds, rng)
    lag = rng.normal(0, 0.005, len(kinds))
    played = on + lag[part] + rng.normal(0, rng.choice([0.0, 0.004, 0.009]), len(on))
    full, low = _strength(kinds, notes, played, part, silent, rng)
    strokes = {}
    for kind in ("drums", "bass", "other"):
        mask = (kinds[part] == kind) & ~silent[part]
        strokes[kind] = _misheard(kind, played[mask], off[mask], notes[mask], rng)
    if rng.random() < 0.12:
        strokes[str(rng.choice(["drums", "bass", "other"]))] = _misheard(
            "other", np.zeros(0), np.zeros(0), np.zeros((0, 5)), rng
        )
    if rng.random() < 0.15 and len(strokes["bass"].onset_s):
        # An engine that tells no bass from the rest.
        b, o = strokes["bass"], strokes["other"]
        strokes["other"] = NoteArrays(
            *(np.concatenate([getattr(b, f), getattr(o, f)]) for f in ("onset_s", "offset_s", "pitch", "velocity"))
        )
        strokes["bass"] = _misheard("bass", np.zeros(0), np.zeros(0), np.zeros((0, 5)), rng)
    return OnsetStrength(full, low), BeatEvidence(strokes["drums"], strokes["bass"], strokes["other"])


def _left_out(kinds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(parts,) which parts are not there: songs without drums, drums alone, a thin arrangement."""
    x = rng.random()
    if x < 0.16:
        out = kinds == "drums"
    elif x < 0.26:
        out = kinds != "drums"
    else:
        out = rng.random(len(kinds)) < rng.choice([0.0, 0.15, 0.4])
    return np.zeros(len(kinds), bool) if out.all() else out


def _misheard(kind: str, on: np.ndarray, off: np.ndarray, notes: np.ndarray, rng: np.random.Generator) -> NoteArrays:
    """Missed, added, mistaken and jittered notes."""
    missed = rng.choice([0.03, 0.1, 0.2, 0.4], p=[0.3, 0.35, 0.25, 0.1])
    quiet = np.clip(1.4 - notes[:, 3] / 90, 0.3, 1.6) if len(notes) else np.zeros(0)
    keep = rng.random(len(on)) > missed * quiet
    on, off, notes = on[keep], off[keep], notes[keep]
    pitch, velocity = notes[:, 2].astype(int), notes[:, 3] / 127
    on = on + rng.normal(0, rng.uniform(0.002, 0.012), len(on))
    velocity = np.clip(velocity ** rng.uniform(0.4, 1.2) * rng.uniform(0.7, 1.2) + rng.normal(0, 0.1, len(on)), 0.05, 1)
    off = on + np.maximum(0.04, (off - on) * np.exp(rng.normal(0, 0.3, len(on))))
    extra = int(rng.poisson(EXCERPT_S * rng.choice([0.0, 0.3, 1.0, 2.0]))) if len(on) else 0
    source = rng.integers(0, max(1, len(on)), extra)
    at = np.where(rng.random(extra) < 0.6, on[source], rng.uniform(0, EXCERPT_S, extra)) if extra else np.zeros(0)
    if kind == "drums":
        flips = {46: 42, 42: 46, 38: 37, 36: 43, 43: 36, 49: 51, 51: 49, 37: 38, 47: 38}
        wrong = rng.random(len(pitch)) < rng.choice([0.02, 0.1, 0.2])
        pitch = np.array([flips.get(p, p) if w else p for p, w in zip(pitch, wrong, strict=True)], int)
        added = rng.choice([36, 38, 42, 42, 46, 43, 47, 49, 51], extra)
    else:
        wrong = rng.random(len(pitch)) < rng.choice([0.02, 0.06, 0.12])
        pitch = pitch + np.where(wrong, rng.choice([12, -12, 7, 5, -1], len(pitch)), 0)
        added = np.clip(
            (pitch[source] if len(on) else np.zeros(0, int)) + rng.choice([12, 19, 24, -12, 3], extra), 20, 110
        )
    return NoteArrays(
        np.concatenate([on, at]).clip(0),
        np.concatenate([off, at + rng.uniform(0.04, 0.5, extra)]),
        np.concatenate([pitch, added]).astype(np.int64),
        np.concatenate([velocity, rng.uniform(0.1, 0.6, extra)]),
    )


DRUM_SIZE = {0: 1.0, 1: 1.2, 2: 0.45, 3: 0.6, 4: 0.9, 5: 1.1, 6: 0.5}
"""How much a stroke of each of PIECES adds to the onset strength of all bands."""


def _strength(
    kinds: np.ndarray, notes: np.ndarray, on: np.ndarray, part: np.ndarray, silent: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Onset strength of all bands and of the low ones, as if measured in the mix."""
    count = int(EXCERPT_S * FINE_HZ)
    gain = np.exp(rng.normal(0, 0.5, len(kinds))) * np.where(kinds == "drums", 1.0, rng.choice([0.2, 0.5, 0.9]))
    size, deep = np.full(len(notes), 0.6), np.zeros(len(notes))
    drums = kinds[part] == "drums"
    for row, keys in enumerate(PIECES):
        struck = drums & np.isin(notes[:, 2], list(keys))
        size[struck] = DRUM_SIZE[row] * np.exp(rng.normal(0, 0.3))
        deep[struck] = {0: 1.2, 4: 0.6, 1: 0.25}.get(row, 0.05)
    deep[~drums] = np.clip((55 - notes[~drums, 2]) / 15, 0.0, 1.0)
    loud = (
        (notes[:, 3] / 127) ** rng.uniform(0.5, 1.5) * gain[part] * ~silent[part] * np.exp(rng.normal(0, 0.15, len(on)))
    )
    late = np.round((on + rng.normal(0, 0.002)) * FINE_HZ).astype(int)
    inside = (late >= 0) & (late < count)
    tails = np.array([1.0, rng.uniform(0.2, 0.7), rng.uniform(0.0, 0.3), rng.uniform(0, 0.1)])
    curves = []
    for weight in (size, deep):
        hits = np.bincount(late[inside], (loud * weight)[inside], count)
        flux = np.convolve(np.log1p(2 * hits), np.concatenate([[rng.uniform(0, 0.3)], tails]))[1 : count + 1]
        flux = flux + rng.uniform(0.01, 0.12) * np.abs(rng.standard_normal(count))
        fine = level(flux * 60.0)
        curves.append(fine[:count])
    return curves[0], curves[1]
