"""Random pieces of the training clips, altered at the level of their spectra."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge.transcribers.drums.features import BANDS, COMPRESSION
from bridge.transcribers.drums.peaks import SHARED
from training.drums.classes import is_validation
from training.drums.dataset import targets, without_drums

Rng = np.random.Generator
KINDS = ("separated", "clean", "mix")
ENOUGH_CLIPS = 80
"""Clips of a kind from which on it gets its full share."""

DRUMS_DB = (-2.0, 5.0)
"""Level of the drums against the band, mean and spread: from a quiet kit under a choir to a techno track."""
ON_THE_BEAT, SECOND_BAND = 0.6, 0.25
"""Shares of the pieces over a band in which it plays on the drums' own beat, and with another band on top."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a batch is made of; the versions that are compared differ in this."""

    shares: tuple[float, float, float] = (0.45, 0.4, 0.15)
    """Of separated, clean and mixed clips; what is missing yet is replaced by clean."""
    bleed: float = 0.5
    """Share of the clean pieces that get the band's spectra leaked into them."""
    alter: bool = True
    """Gain, equaliser, noise floor and blur in time at random."""
    crop: int = 256
    batch: int = 12
    alone: float = 0.0
    """Share of the pieces in which a band plays without drums."""
    over: float = 0.0
    """Share of the clean pieces that are laid over a band, as loud as in a mix."""


def magnitudes(features: np.ndarray) -> np.ndarray:
    """Undo the features' compression."""
    return (10 ** features.astype(np.float32) - 1) / COMPRESSION


class Clips:
    """The feature files by kind, with their truth; :meth:`refresh` finds new ones."""

    def __init__(self, cache: Path, drums: Path, validation: bool) -> None:
        self.cache, self.drums, self.validation = cache, drums, validation
        self.files: dict[str, list[Path]] = {}
        self.truth: dict[tuple[int, str], tuple[np.ndarray, np.ndarray]] = {}
        self.refresh()

    def refresh(self) -> None:
        """List what there is."""
        for kind in (*KINDS, "bleed"):
            paths = sorted((self.cache / kind).glob("?????.npy"))
            self.files[kind] = [p for p in paths if is_validation(int(p.stem)) == self.validation]

    def rows(self, kind: str, path: Path) -> np.ndarray:
        """Truth rows of a feature file: none where the band plays without drums."""
        number = int(path.stem)
        if kind == "bleed" or (kind != "clean" and without_drums(number)):
            return np.zeros((0, 3), np.float32)
        return np.asarray(np.load(self.drums / f"{path.stem}.npy"))

    def target(self, kind: str, path: Path, frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Onset and velocity targets of a whole file, kept as bytes."""
        key = (int(path.stem), kind)
        if key not in self.truth:
            onset, velocity = (t[:, :SHARED] for t in targets(self.rows(kind, path), frames))
            self.truth[key] = ((onset * 255).astype(np.uint8), (velocity * 255).astype(np.uint8))
        return self.truth[key]

    def piece(self, rng: Rng, kind: str, crop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Magnitudes (crop, 3, 80), onset and velocity targets (crop, classes) of a random place."""
        path = self.files[kind][rng.integers(len(self.files[kind]))]
        start = int(rng.integers(0, len(np.load(path, mmap_mode="r")) - crop))
        return self.cut(kind, path, start, crop)

    def cut(self, kind: str, path: Path, start: int, crop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same of a place that is given."""
        features = np.load(path, mmap_mode="r")
        onset, velocity = self.target(kind, path, len(features))
        cut = slice(start, start + crop)
        return magnitudes(features[cut]), onset[cut] / np.float32(255), velocity[cut] / np.float32(255)


def _leak(rng: Rng, clips: Clips, crop: int) -> np.ndarray:
    """A band's magnitudes as a separator leaves them in a drum stem: low, in holes and bursts."""
    paths = clips.files["bleed"]
    features = np.load(paths[rng.integers(len(paths))], mmap_mode="r")
    start = int(rng.integers(0, len(features) - crop))
    leak = magnitudes(features[start : start + crop]) * 10 ** (rng.uniform(-50, -8) / 20)
    if rng.random() < 0.7:
        knots = rng.uniform(-30, 6, (crop // 16 + 2, 9))
        times = np.linspace(0, len(knots) - 1, crop)
        rows = np.stack([np.interp(times, np.arange(len(knots)), knots[:, k]) for k in range(9)], 1)
        mask = np.stack([np.interp(np.linspace(0, 8, BANDS), np.arange(9), r) for r in rows])
        leak *= (10 ** (np.minimum(mask, 0) / 20))[:, None].astype(np.float32)
    return leak


def drum_gain(rng: Rng) -> float:
    """How loud drums are in a mix, as a share of the band's level."""
    return float(10 ** (np.clip(rng.normal(*DRUMS_DB), -14, 9) / 20))


def _over(rng: Rng, clips: Clips, recipe: Recipe) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A clean piece over a band, its own on the same beat or another, as powers add up where phases are unrelated."""
    path = clips.files["clean"][rng.integers(len(clips.files["clean"]))]
    own = path.parent.parent / "bleed" / path.name
    bands = clips.files["bleed"]
    other = own if own.exists() and rng.random() < ON_THE_BEAT else bands[rng.integers(len(bands))]
    starts = rng.integers(0, len(np.load(path, mmap_mode="r")) - recipe.crop, 2)
    x, onset, velocity = clips.cut("clean", path, int(starts[0]), recipe.crop)
    y, _, _ = clips.cut("bleed", other, int(starts[int(other != own)]), recipe.crop)
    if rng.random() < SECOND_BAND:
        y = np.sqrt(y**2 + clips.piece(rng, "bleed", recipe.crop)[0] ** 2)
    gain = drum_gain(rng)
    return _compressed(rng, np.sqrt((gain * x) ** 2 + y**2) * np.float32(1 / np.hypot(gain, 1))), onset, velocity


def _compressed(rng: Rng, x: np.ndarray) -> np.ndarray:
    """Magnitudes (frames, 3, 80) turned down frame by frame where they are loud, as a limiter over the sum does."""
    if rng.random() < 0.5:
        return np.asarray(x, np.float32)
    level = np.sqrt((x[:, 1] ** 2).sum(1))
    knee = np.quantile(level, rng.uniform(0.3, 0.95)) + 1e-6
    gain = np.minimum(1, knee / np.maximum(level, 1e-6)) ** rng.uniform(0.2, 0.8)
    return np.asarray(x * gain[:, None, None], np.float32)


def _altered(rng: Rng, x: np.ndarray) -> np.ndarray:
    gain = rng.normal(0, 4)
    curve = gain + np.interp(np.linspace(0, 6, BANDS), np.arange(7), rng.normal(0, 3.0, 7))
    x = x * (10 ** (curve / 20)).astype(np.float32)
    if rng.random() < 0.3:
        cut = int(rng.integers(50, BANDS))
        x[:, :, cut:] *= 10 ** (rng.uniform(-60, -6) / 20)
    floor = 10 ** (rng.uniform(-100, -62) / 20)
    return np.asarray(x + floor * np.abs(rng.standard_normal(x.shape, np.float32)))


def batch(rng: Rng, clips: Clips, recipe: Recipe) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features (batch, crop, 3, 80) and the two targets (batch, crop, classes)."""
    xs, onsets, velocities = [], [], []
    for _ in range(recipe.batch):
        kind = KINDS[int(rng.choice(3, p=recipe.shares))]
        # A kind with few clips yet comes in proportion, or those few would be learnt by heart.
        if rng.random() > len(clips.files[kind]) / ENOUGH_CLIPS:
            kind = "clean"
        if clips.files["bleed"] and rng.random() < recipe.alone:
            kind = "bleed"
        over = kind == "clean" and bool(clips.files["bleed"]) and rng.random() < recipe.over
        x, onset, velocity = _over(rng, clips, recipe) if over else clips.piece(rng, kind, recipe.crop)
        if kind == "clean" and not over and clips.files["bleed"] and rng.random() < recipe.bleed:
            x = x + _leak(rng, clips, recipe.crop)
        if recipe.alter:
            x = _altered(rng, x)
        xs.append(np.log10(1 + COMPRESSION * x))
        onsets.append(onset)
        velocities.append(velocity)
    return np.stack(xs), np.stack(onsets), np.stack(velocities)
