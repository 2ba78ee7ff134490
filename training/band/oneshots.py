"""One-shots of instruments, made fit for a bank: begun at the attack, checked in pitch, levelled, written whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bridge.note_maps.features import RATE
from training.band.families import FAMILIES

TOTAL_S, HOLD_S = 2.8, 2.2
"""Length of a one-shot, and when the key of a sustained one is let go."""

LEAD = 20
"""Samples kept before the attack: 1 ms."""

FADE_S = 0.05
"""The end of a sound that is cut off."""

OFF_SEMITONES = 0.4
"""What is further from its note is put right: a listener hears it as out of tune, the label as another quarter tone."""

PERIODIC = 0.3
"""Greatest normalised difference (YIN) of a sound that has a pitch."""

LOOKS_S = (0.03, 0.08, 0.15, 0.3, 0.6)
"""Where a sound is looked at for its pitch: what is muted is over after the first."""

FEWEST = 3
"""Pitches that an instrument needs: with fewer, most notes are stretched by more than an octave."""

RANGES = {
    "keys": (28, 96),
    "mallets": (53, 96),
    "organ": (36, 91),
    "guitar": (40, 84),
    "bass": (24, 60),
    "strings": (36, 93),
    "voice": (43, 81),
    "brass": (34, 82),
    "winds": (48, 93),
    "synth": (36, 93),
    "other": (45, 84),
}
"""Where a family usually plays."""

Sounds = dict[int, np.ndarray]
"""A sound at RATE by General MIDI pitch."""


def from_attack(x: np.ndarray) -> np.ndarray:
    """TOTAL_S of a sound from its attack on."""
    count = round(TOTAL_S * RATE)
    first = int(np.argmax(np.abs(x) > 0.02 * np.abs(x).max()))
    x = x[max(0, first - LEAD) :][:count].astype(np.float64)
    fade = min(len(x), round(FADE_S * RATE))
    x[len(x) - fade :] *= np.linspace(1, 0, fade)
    return np.pad(x, (0, count - len(x)))


def period(x: np.ndarray, longest: int) -> float | None:
    """The period of ``x`` in samples by YIN (de Cheveigne and Kawahara 2002); None where it has none."""
    window = len(x) - longest
    size = 1 << (len(x) + window).bit_length()
    across = np.fft.irfft(np.fft.rfft(x, size) * np.conj(np.fft.rfft(x[:window], size)), size)[:longest]
    power = np.concatenate([[0], np.cumsum(x**2)])
    energy = power[window : window + longest] - power[:longest]
    apart = energy[0] + energy - 2 * across
    apart[1:] *= np.arange(1, longest) / (np.cumsum(apart[1:]) + 1e-12)
    lag = 4
    low = np.flatnonzero(apart[lag:] < max(0.1, 1.3 * apart[lag:].min()))
    lag += int(low[0]) if len(low) else int(apart[lag:].argmin())
    while lag + 1 < longest and apart[lag + 1] < apart[lag]:
        lag += 1
    if apart[lag] > PERIODIC or lag + 1 >= longest:
        return None
    a, b, c = apart[lag - 1 : lag + 2]
    return float(lag + 0.5 * (a - c) / (a - 2 * b + c + 1e-12))


def off_by(x: np.ndarray, pitch: int) -> float | None:
    """Semitones that a sound is above its note; None where no two looks of it agree on a pitch."""
    hz = 440 * 2 ** ((pitch - 69) / 12)
    longest, found = min(int(RATE / hz * 2.5) + 8, 2000), []
    for start_s in LOOKS_S:
        piece = x[round(start_s * RATE) :][: 2 * longest + 1024]
        if len(piece) > longest + 512 and np.abs(piece).max() > 0.02 * np.abs(x).max():
            found.append(period(piece, longest))
    notes = [12 * np.log2(RATE / p / hz) for p in found if p is not None]
    alike = [[b for b in notes if abs(a - b) < OFF_SEMITONES] for a in notes]
    most = max(alike, key=len, default=[])
    return float(np.median(most)) if len(most) > 1 else None


def tuned(sounds: Sounds, *, strict: bool, stops: bool) -> Sounds:
    """The sounds under the pitches that they have.

    A whole instrument that sounds octaves away is named by what is heard, save an organ, whose ``stops`` sound at
    octaves of the key; a sound out of tune is bent to its note. One without a clear pitch is left out if ``strict``
    (a recording's name may be wrong; a synthesiser is trusted), and so is one further away than the rest.
    """
    off = {p: off_by(x, p) for p, x in sounds.items()}
    known = [v for v in off.values() if v is not None]
    octaves = 12 * round(float(np.median(known)) / 12) if known and not stops else 0
    out: Sounds = {}
    for pitch, x in sounds.items():
        value = off[pitch]
        if value is None:
            if not strict:
                out[pitch + octaves] = x
            continue
        rest = value - octaves
        if not strict and abs(rest - 12 * round(rest / 12)) <= OFF_SEMITONES:
            out[pitch + octaves] = x
        elif abs(rest) <= 1.5:
            bent = abs(rest) > OFF_SEMITONES / 4
            at = np.arange(int(len(x) * 2 ** (rest / 12))) * 2 ** (-rest / 12)
            out[pitch + octaves] = np.interp(at, np.arange(len(x)), x) if bent else x
    return out


def pitches_of(family: str, count: int = 6) -> list[int]:
    """The pitches at which an instrument of a family is recorded."""
    return [round(p) for p in np.linspace(*RANGES[family], count)]


def spread(pitches: list[int], low: int, high: int, count: int = 7) -> list[int]:
    """Up to ``count`` of the pitches, evenly from ``low`` to ``high``."""
    within = sorted(p for p in pitches if low <= p <= high)
    wanted = np.linspace(low, high, count)
    return sorted({min(within, key=lambda p: abs(p - w)) for w in wanted}) if within else []


def save(folder: Path, family: str, name: str, sounds: Sounds, *, strict: bool = False) -> str:
    """Write FOLDER/<family>/<name>.npz, whole or not at all; tell what was wrong, nothing if all is well."""
    if family not in FAMILIES:
        raise ValueError(family)
    heard = {p: x for p, x in sounds.items() if len(x) and np.abs(x).max() > 1e-4}
    if len(heard) < len(sounds) and not strict:
        return "silent"
    heard = tuned({p: from_attack(x) for p, x in heard.items()}, strict=strict, stops=family == "organ")
    if len(heard) < min(FEWEST, len(sounds)) or not heard:
        return "out of tune"
    x = np.stack([from_attack(heard[p]) for p in sorted(heard)])
    loud = np.abs(x).max(1)
    if loud.min() < 1e-3 * loud.max():
        return "silent"
    target = folder / family / f"{name}.npz"
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.savez(file, pitches=np.array(sorted(heard)), sounds=(x / loud.max() * 30000).astype(np.int16))
    temporary.rename(target)
    return ""
