"""Cuts one clean hit per drum from the song's own drum stem, so that a sampler plays the song's own kit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from bridge.errors import StoreError
from bridge.music.notes import Note
from bridge.music.parts import Part

Samples = NDArray[np.float32]

CYMBALS = frozenset({"open hat", "crash", "ride", "china", "ride bell", "splash"})
"""Pieces that ring."""
LONGEST_S, LONGEST_CYMBAL_S = 0.7, 2.0
"""Longer tails of the dry drums are room and bleed; cymbals decay over seconds but rarely stand alone that long."""
SHORTEST_S = 0.04
"""A hit cut off earlier has lost its body."""
BEFORE_S = 0.004
"""Kept before the attack: transcribed onsets lie up to a few ms late."""
FADE_IN_S, FADE_OUT_S = 0.001, 0.02
SEARCH_S = 0.03
"""How far from the note the attack is looked for; the drum engine's own tolerance."""
TOGETHER_S = 0.03
"""Hits closer than this sound as one, and a sample of one of them would hold both."""
CANDIDATES = 6
"""Hits listened to per drum: the best by the score's rhythm, then the loudest of them wins."""
QUIETEST_RMS = 1e-4
"""-80 dB: below, the stem holds no such hit and the note was a mistake."""
PEAK = 0.9
"""The loudest sample of the kit ends here, below full scale for the sampler's own mixing."""


@dataclass(frozen=True, slots=True)
class OneShot:
    """A hit on disk."""

    pitch: int
    """The key that plays it."""
    path: Path


def cut_one_shots(stem: Path, part: Part, folder: Path) -> list[OneShot]:
    """Write the cleanest hit of each key in ``part`` to ``folder``, level-matched with the others.

    A hit is scaled so that, played at its own velocity by a sampler whose gain is proportional to velocity,
    it sounds as loud as in the song; one factor for all keeps the kit's balance and the peak below full scale.

    Args:
        stem: the drum stem, times as in ``part``.
        part: the drums.
        folder: where the WAV files go; made when missing.

    Raises:
        StoreError: the folder cannot be written or the stem cannot be read.
    """
    hits: list[tuple[int, Samples]] = []
    try:
        with soundfile.SoundFile(stem) as file:
            for pitch in sorted({note.pitch for note in part.notes}):
                best = _best_hit(file, pitch, part)
                if best is not None:
                    hits.append((pitch, best))
            return _write(hits, part.pieces, file.samplerate, folder)
    except (OSError, soundfile.LibsndfileError) as e:
        raise StoreError(f"The one-shots could not be cut from {stem.name}; check the free space in {folder}.") from e


def _best_hit(file: soundfile.SoundFile, pitch: int, part: Part) -> Samples | None:
    onsets = np.array(sorted(note.onset_s for note in part.notes))
    longest_s = LONGEST_CYMBAL_S if part.pieces.get(pitch) in CYMBALS else LONGEST_S
    free_s = {note: _free_s(note, onsets, longest_s) for note in part.notes if note.pitch == pitch}
    room = {note: _room(note, onsets, free) for note, free in free_s.items()}
    best: tuple[float, Samples] | None = None
    for note in sorted(room, key=lambda n: (-room[n], -n.velocity, n.onset_s))[:CANDIDATES]:
        hit = _cut(file, note, free_s[note])
        level = float(np.sqrt(np.mean(np.square(hit)))) if len(hit) else 0.0
        # Alone first, then full of sound: room counts in coarse steps so that a slightly longer ghost does not win.
        score = round(room[note] * 8) + min(1.0, level * 10)
        if level > QUIETEST_RMS and (best is None or score > best[0]):
            best = (score, hit * np.float32(127 / note.velocity))
    return None if best is None else best[1]


def _free_s(note: Note, onsets: NDArray[np.float64], longest_s: float) -> float:
    """Seconds until the next hit of any drum that is not part of this one."""
    later = onsets[onsets > note.onset_s + TOGETHER_S]
    return float(min(longest_s, later[0] - note.onset_s)) if len(later) else longest_s


def _room(note: Note, onsets: NDArray[np.float64], free_s: float) -> float:
    """How alone a hit is: free time around it in 0..2 s, halved where others strike together with it."""
    together = int(np.sum(np.abs(onsets - note.onset_s) < TOGETHER_S)) > 1
    earlier = onsets[onsets < note.onset_s - TOGETHER_S]
    before = min(0.3, note.onset_s - float(earlier[-1])) if len(earlier) else 0.3
    room = free_s + before / 2
    return room / 2 if together else room


def _cut(file: soundfile.SoundFile, note: Note, free_s: float) -> Samples:
    rate = file.samplerate
    from_s = max(0.0, note.onset_s - SEARCH_S)
    file.seek(min(round(from_s * rate), file.frames))
    sound = file.read(round((SEARCH_S + free_s) * rate), dtype="float32", always_2d=True)
    if not len(sound):
        return np.zeros((0, file.channels), np.float32)
    attack = _attack(sound, rate, round((note.onset_s - from_s) * rate))
    start = max(0, attack - round(BEFORE_S * rate))
    end = round((note.onset_s - from_s + free_s - BEFORE_S) * rate)
    hit = np.array(sound[start : max(end, start + round(SHORTEST_S * rate))])
    return _faded(hit, rate)


def _attack(sound: Samples, rate: int, expected: int) -> int:
    """The frame near ``expected`` where the level rises most."""
    step = max(1, rate // 1000)
    energy = np.square(sound).sum(axis=1)
    blocks = np.add.reduceat(energy, np.arange(0, len(energy), step))
    rise = np.diff(np.sqrt(blocks), prepend=np.sqrt(blocks[0]))
    last = min(len(rise), (expected + round(SEARCH_S * rate)) // step)
    return int(np.argmax(rise[: max(1, last)])) * step


def _faded(hit: Samples, rate: int) -> Samples:
    fade_in, fade_out = min(len(hit), round(FADE_IN_S * rate)), min(len(hit), round(FADE_OUT_S * rate))
    hit[:fade_in] *= np.linspace(0, 1, fade_in, dtype=np.float32)[:, None]
    hit[len(hit) - fade_out :] *= np.linspace(1, 0, fade_out, dtype=np.float32)[:, None] ** 2
    return hit


def _write(hits: Sequence[tuple[int, Samples]], pieces: Mapping[int, str], rate: int, folder: Path) -> list[OneShot]:
    if not hits:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    peak = max(float(np.abs(hit).max()) for _, hit in hits)
    written = []
    for pitch, hit in hits:
        name = re.sub(r"\W", "_", pieces.get(pitch, "drum"))
        path = folder / f"{pitch}_{name}.wav"
        soundfile.write(path, hit * np.float32(PEAK / peak), rate, subtype="PCM_24")
        written.append(OneShot(pitch, path))
    return written
