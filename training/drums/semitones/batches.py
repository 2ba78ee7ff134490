"""Random pieces of the semitone net's clips, laid over each other and altered at the level of their spectra."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge.note_maps.features import FLOOR_DB, FPS
from training.drums.batches import drum_gain
from training.drums.classes import is_validation
from training.drums.dataset import targets
from training.drums.render import PERCUSSIVE
from training.drums.semitones.net import SEMITONES
from training.notes.dataset import STEP_DB

Rng = np.random.Generator
Piece = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Semitones in dB (frames, 106), onset and velocity targets (frames, classes)."""
OVER, ENOUGH_CLIPS = 0.65, 200
"""Share of the pieces that are drum clips over a band without drums, from so many drum clips on: the bands' own drums
are three soundfonts'."""
PERCUSSION, TOGETHER, TOGETHER_DB = 0.6, 0.3, (-16.0, 0.0)
"""Share of those that are percussionists' clips; of these, with a drummer's clip beside them, and how loud then."""
SOFTER_DB = 8.0
"""By up to so much percussionists are softer in a mix than drummers."""
IN_A_MIX, ALONE_DB = 0.7, (12.0, 50.0)
"""Share of those as loud as in a mix; the others stand out of it by so much, as in a separated stem."""
DOUBLED, DOUBLED_DB = 0.1, (-14.0, 4.0)
"""Share of the pieces under which another one plays, strokes and all, and how loud."""
TREBLE = 85
"""A piece may lose its semitones from one above this on."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip's sound, 8 bit, and its strokes: onset in seconds, class, velocity."""

    sound: np.ndarray
    strokes: np.ndarray


class Clips:
    """The clips of `training.drums.semitones.data`: for training, or for validation."""

    def __init__(self, folder: Path, validation: bool) -> None:
        with np.load(folder / "mixes.npz") as z:
            wanted = [k for k, n in enumerate(z["numbers"]) if is_validation(int(n)) == validation]
            sounds, strokes = z["sounds"], np.split(z["strokes"], z["ends"][:-1])
        self.mixes = [Clip(sounds[k], strokes[k]) for k in wanted]
        self.bands = [c for c in self.mixes if not len(c.strokes)]
        paths = [p for p in sorted((folder / "drums").glob("?????.npz")) if is_validation(int(p.stem)) == validation]
        clips = [(int(p.stem), Clip(z["sound"], z["strokes"])) for p, z in zip(paths, map(np.load, paths), strict=True)]
        self.drums = [clip for number, clip in clips if number < PERCUSSIVE]
        self.percussion = [clip for number, clip in clips if number >= PERCUSSIVE]
        self._targets: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def cut(self, rng: Rng, clip: Clip, frames: int) -> Piece:
        """A random place of a clip."""
        if id(clip) not in self._targets:
            onset, velocity = targets(clip.strokes, len(clip.sound), FPS)
            self._targets[id(clip)] = ((onset * 255).astype(np.uint8), (velocity * 255).astype(np.uint8))
        onset, velocity = self._targets[id(clip)]
        at = int(rng.integers(0, len(clip.sound) - frames))
        place = slice(at, at + frames)
        sound = clip.sound[place].astype(np.float32) * STEP_DB + FLOOR_DB
        return sound, onset[place] / np.float32(255), velocity[place] / np.float32(255)

    def played(self, rng: Rng, frames: int) -> tuple[Piece, float]:
        """A drummer or a percussionist or both, without a band, and by how many dB it is softer in one."""
        if not self.percussion or (self.drums and rng.random() > PERCUSSION):
            return self.cut(rng, _one(rng, self.drums), frames), 0.0
        piece = self.cut(rng, _one(rng, self.percussion), frames)
        if self.drums and rng.random() < TOGETHER:
            return _together(self.cut(rng, _one(rng, self.drums), frames), piece, rng.uniform(*TOGETHER_DB)), 0.0
        return piece, rng.uniform(0, SOFTER_DB)

    def piece(self, rng: Rng, frames: int) -> Piece:
        """A mix, or drums over a band without any."""
        clips = len(self.drums) + len(self.percussion)
        if clips and self.bands and rng.random() < OVER * min(1, clips / ENOUGH_CLIPS):
            (x, onset, velocity), softer_db = self.played(rng, frames)
            y, _, _ = self.cut(rng, _one(rng, self.bands), frames)
            in_a_mix = rng.random() < IN_A_MIX
            gain_db = 20 * np.log10(drum_gain(rng)) - softer_db if in_a_mix else rng.uniform(*ALONE_DB)
            return _sum(x + gain_db, y) - 10 * np.log10(1 + 10 ** (gain_db / 10)), onset, velocity
        piece = self.cut(rng, _one(rng, self.mixes), frames)
        if rng.random() < DOUBLED:
            return _together(piece, self.cut(rng, _one(rng, self.mixes), frames), rng.uniform(*DOUBLED_DB))
        return piece


def _together(one: Piece, other: Piece, gain_db: float) -> Piece:
    """Both, the second ``gain_db`` louder."""
    (x, onset, velocity), (y, onset_too, velocity_too) = one, other
    louder = np.where(onset_too > onset, velocity_too, velocity)
    return _sum(x, y + gain_db), np.maximum(onset, onset_too), louder


def _one(rng: Rng, clips: list[Clip]) -> Clip:
    return clips[int(rng.integers(len(clips)))]


def _sum(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """DB of the powers' sum."""
    return np.asarray(np.maximum(x, y) + 10 * np.log10(1 + 10 ** (-np.abs(x - y) / 10)))


def _altered(rng: Rng, x: np.ndarray) -> np.ndarray:
    """Gain, equaliser, lost treble, limiter and noise floor at random."""
    x = x + rng.normal(0, 3) + np.interp(np.linspace(0, 7, SEMITONES), np.arange(8), rng.normal(0, 3.5, 8))
    if rng.random() < 0.2:
        x[:, int(rng.integers(TREBLE, SEMITONES)) :] += rng.uniform(-50, -5)
    if rng.random() < 0.35:
        level = x.max(1)
        knee = np.quantile(level, rng.uniform(0.3, 0.95))
        x = x - (np.maximum(0, level - knee) * rng.uniform(0.2, 0.8))[:, None]
    return np.asarray(np.maximum(x, rng.uniform(-110, -72) + rng.normal(0, 2, x.shape)))


def batch(rng: Rng, clips: Clips, pieces: int, frames: int) -> Piece:
    """Semitones (pieces, frames, 106) and the two targets."""
    xs, onsets, velocities = zip(*[clips.piece(rng, frames) for _ in range(pieces)], strict=True)
    return np.stack([_altered(rng, x) for x in xs]).astype(np.float32), np.stack(onsets), np.stack(velocities)
