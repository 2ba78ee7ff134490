"""Cuts one clean hit per drum from the song's own drum stem, so that a sampler plays the song's own kit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from bridge.audio.sampler_levels import MAX_LAYERS, MAX_VELOCITY, Layer, layers
from bridge.errors import StoreError
from bridge.music.notes import Note
from bridge.music.parts import Part

Samples = NDArray[np.float32]

CYMBALS = frozenset({"open hat", "crash", "ride", "china", "ride bell", "splash"})
"""Pieces that ring."""
MAX_LENGTH_S, MAX_CYMBAL_S = 0.7, 2.0
"""Longer tails of the dry drums are room and bleed; cymbals decay over seconds but rarely stand alone that long."""
MIN_LENGTH_S = 0.04
"""A hit cut off earlier has lost its body."""
BEFORE_S = 0.004
"""Kept before the attack: transcribed onsets lie up to a few ms late."""
FADE_IN_S, FADE_OUT_S = 0.001, 0.02
SEARCH_S = 0.03
"""Distance from the note within which the attack is looked for; the drum engine's own tolerance."""
TOGETHER_S = 0.03
"""Hits closer than this sound as one, and a sample of one of them would hold both."""
CANDIDATES = 6
"""Hits listened to per drum: the best by the score's rhythm, then the loudest of them wins."""
MIN_RMS = 1e-4
"""-80 dB: below, the stem holds no such hit and the note was a mistake."""
ATTACK_S = 0.06
"""A hit's loudness is measured over this: the hit itself, before room and other drums."""
MAX_MEASURED = 200
"""Hits of a drum whose level is measured; more would not move the curve."""
CHOKED_BY = {"open hat": ("closed hat", "pedal hat")}
"""Pieces that end the ring of another: the same two cymbals."""


@dataclass(frozen=True, slots=True)
class OneShot:
    """A hit on disk."""

    pitch: int
    """The key that plays it."""
    path: Path
    name: str = "drum"
    softest: int = 1
    loudest: int = 127
    """The velocities that play it, both included."""
    least_gain: float = 0.0
    """The sampler's gain at velocity 0, as a share of that at 127."""
    choked_by: tuple[int, ...] = ()
    """Keys that end its ring."""


def cut_one_shots(stem: Path, part: Part, folder: Path, *, layered: bool = True) -> list[OneShot]:
    """Write the cleanest hits of each key in ``part`` to ``folder``, as loud as they are in the song.

    A drum whose soft and hard hits differ has several, for ranges of velocity: see :mod:`.sampler_levels`.

    Args:
        stem: the drum stem, times as in ``part``.
        part: the drums.
        folder: where the WAV files go; made when missing.
        layered: whether a drum may have several sounds.

    Raises:
        StoreError: the folder cannot be written or the stem cannot be read.
    """
    shots: list[OneShot] = []
    onsets = np.array(sorted(note.onset_s for note in part.notes))
    try:
        with soundfile.SoundFile(stem) as file:
            for pitch in sorted({note.pitch for note in part.notes}):
                hits = _hits(file, [n for n in part.notes if n.pitch == pitch], onsets, part.pieces.get(pitch, ""))
                shots += [
                    _write(file, layer, hits, pitch, part.pieces, folder)
                    for layer in _layers(hits, MAX_LAYERS if layered else 1)
                ]
    except (OSError, soundfile.LibsndfileError) as e:
        raise StoreError(
            f"The one-shots could not be cut from {stem.name}; check the free space in {folder}.",
            code="one-shots-unwritable",
        ) from e
    return shots


@dataclass(frozen=True, slots=True)
class _DrumHit:
    """One hit of a drum in the stem."""

    note: Note
    room: float
    """Its solitude, see :func:`_room`."""
    free_s: float
    level: float
    """RMS of its attack."""


def _hits(file: soundfile.SoundFile, notes: Sequence[Note], onsets: NDArray[np.float64], drum: str) -> list[_DrumHit]:
    """The hits of a drum that sound, the most alone first; those with another drum only for want of one."""
    longest_s = MAX_CYMBAL_S if drum in CYMBALS else MAX_LENGTH_S
    step = max(1, len(notes) // MAX_MEASURED)
    found = []
    for note in notes[::step]:
        free_s = _free_s(note, onsets, longest_s)
        level = _rms(_cut(file, note, max(MIN_LENGTH_S, min(free_s, ATTACK_S + BEFORE_S))))
        if level > MIN_RMS:
            found.append(_DrumHit(note, _room(note, onsets, free_s), free_s, level))
    alone = [h for h in found if np.sum(np.abs(onsets - h.note.onset_s) < TOGETHER_S) == 1]
    return sorted(alone or found, key=lambda h: (-h.room, -h.note.velocity, h.note.onset_s))


def _rms(sound: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(sound)))) if len(sound) else 0.0


def _layers(hits: Sequence[_DrumHit], most: int) -> list[Layer]:
    """The ranges of velocity of a drum, none where it does not sound."""
    return layers([h.note.velocity for h in hits], [h.level for h in hits], most) if hits else []


def _write(
    file: soundfile.SoundFile,
    layer: Layer,
    hits: Sequence[_DrumHit],
    pitch: int,
    drums: Mapping[int, str],
    folder: Path,
) -> OneShot:
    """Write the best hit for a layer, scaled to its level at velocity 127."""
    inside = [h for h in hits if layer.softest <= h.note.velocity <= layer.loudest] or hits
    best = max(inside[:CANDIDATES], key=lambda h: (round(h.room * 8) + min(1.0, h.level * 10), h.note.velocity))
    sound = _cut(file, best.note, best.free_s) * np.float32(layer.peak_gain / best.level)
    name = drums.get(pitch, "drum")
    whole = layer.softest == 1 and layer.loudest == MAX_VELOCITY
    ending = "" if whole else f"_{layer.softest}"
    plain = re.sub(r"\W", "_", name)
    path = folder / f"{pitch}_{plain}{ending}.wav"
    folder.mkdir(parents=True, exist_ok=True)
    # Floats: scaled to velocity 127 a soft hit may lie above full scale, and is never played so loud.
    soundfile.write(path, sound, file.samplerate, subtype="FLOAT")
    chokes = CHOKED_BY.get(name, ())
    return OneShot(
        pitch,
        path,
        name if whole else f"{name} {layer.softest}-{layer.loudest}",
        layer.softest,
        layer.loudest,
        round(layer.least_gain, 4),
        tuple(sorted(key for key, drum in drums.items() if drum in chokes)),
    )


def _free_s(note: Note, onsets: NDArray[np.float64], longest_s: float) -> float:
    """Seconds until the next hit of any drum that is not part of this one."""
    later = onsets[onsets > note.onset_s + TOGETHER_S]
    return float(min(longest_s, later[0] - note.onset_s)) if len(later) else longest_s


def _room(note: Note, onsets: NDArray[np.float64], free_s: float) -> float:
    """Measure the solitude of a hit: free time around it in 0..2 s, halved where others strike together with it."""
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
    hit = np.array(sound[start : max(end, start + round(MIN_LENGTH_S * rate))])
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
