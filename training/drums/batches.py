"""Random pieces of the training clips, altered at the level of their spectra."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge.transcribers.drums.features import BANDS, COMPRESSION
from training.drums.classes import is_validation
from training.drums.dataset import targets, without_drums

Rng = np.random.Generator
KINDS = ("separated", "clean", "mix")
ENOUGH_CLIPS = 80
"""Clips of a kind from which on it gets its full share."""


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


def magnitudes(features: np.ndarray) -> np.ndarray:
    """Undo the features' compression."""
    return (10 ** features.astype(np.float32) - 1) / COMPRESSION


class Clips:
    """The feature files by kind, with their truth; :meth:`refresh` finds new ones."""

    def __init__(self, cache: Path, drums: Path, validation: bool) -> None:
        self.cache, self.drums, self.validation = cache, drums, validation
        self.files: dict[str, list[Path]] = {}
        self.truth: dict[tuple[int, bool], tuple[np.ndarray, np.ndarray]] = {}
        self.refresh()

    def refresh(self) -> None:
        """List what there is."""
        for kind in (*KINDS, "bleed"):
            paths = sorted((self.cache / kind).glob("?????.npy"))
            self.files[kind] = [p for p in paths if is_validation(int(p.stem)) == self.validation]

    def rows(self, kind: str, path: Path) -> np.ndarray:
        """Truth rows of a feature file: none where the band plays without drums."""
        number = int(path.stem)
        if kind != "clean" and without_drums(number):
            return np.zeros((0, 3), np.float32)
        return np.asarray(np.load(self.drums / f"{path.stem}.npy"))

    def target(self, kind: str, path: Path, frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Onset and velocity targets of a whole file, kept as bytes."""
        key = (int(path.stem), kind == "clean")
        if key not in self.truth:
            onset, velocity = targets(self.rows(kind, path), frames)
            self.truth[key] = ((onset * 255).astype(np.uint8), (velocity * 255).astype(np.uint8))
        return self.truth[key]

    def piece(self, rng: Rng, kind: str, crop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Magnitudes (crop, 3, 80), onset and velocity targets (crop, classes) of a random place."""
        path = self.files[kind][rng.integers(len(self.files[kind]))]
        features = np.load(path, mmap_mode="r")
        start = int(rng.integers(0, len(features) - crop))
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
        x, onset, velocity = clips.piece(rng, kind, recipe.crop)
        if kind == "clean" and clips.files["bleed"] and rng.random() < recipe.bleed:
            x = x + _leak(rng, clips, recipe.crop)
        if recipe.alter:
            x = _altered(rng, x)
        xs.append(np.log10(1 + COMPRESSION * x))
        onsets.append(onset)
        velocities.append(velocity)
    return np.stack(xs), np.stack(onsets), np.stack(velocities)
