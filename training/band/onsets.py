"""The onsets that the second net learns from: the files of cache.py, and batches of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from bridge.note_maps.features import FPS
from bridge.transcribers.band.crops import HARMONICS, HIDDEN, MAPS, STACK
from training.band.clips import HELD_OUT_FIRST

CLIPS, ONSETS = 14, 40
"""A batch: many clips, for onsets of a part are alike; enough onsets of each that they are company."""

FEWEST = 16
"""Onsets of a clip that is used."""

HELD_OUT = 8
"""One clip in so many is only looked at; pairs.py learns from these."""

LOST = 0.25
"""Share of the hidden layer's channels that an onset does without in training: at 0.08 parts that were trained on
reached .72 when parts of other clips stood at .39."""

AT_HIDDEN = STACK + len(HARMONICS) + MAPS
AT_PLACE = AT_HIDDEN + HIDDEN
"""First rows of the hidden layer and of the place in a crop."""


@dataclass(slots=True)
class Item:
    """The onsets of one clip."""

    crops: np.ndarray
    pitch: np.ndarray
    real: np.ndarray
    family: np.ndarray
    part: np.ndarray
    when_s: np.ndarray


Kept = TypeVar("Kept")


class Split(Generic[Kept]):
    """The clips of a folder, read as they appear."""

    def __init__(self, folder: Path, read: Callable[[Path], Kept | None]) -> None:
        """Read what is there; ``read`` gives None of a clip that is not used."""
        self._folder, self._read, self._seen = folder, read, set()
        self.train: list[Kept] = []
        self.held: list[Kept] = []
        self.strange: list[Kept] = []
        """Clips of sounds that training never uses."""
        self.refresh()

    def refresh(self) -> None:
        """Take in new files."""
        for path in sorted(set(self._folder.glob("[0-9]*[a-z].npz")) - self._seen):
            if ".tmp" in path.name:
                continue
            self._seen.add(path)
            item, number = self._read(path), int(path.name[:5])
            if item is not None:
                kept = self.strange if number >= HELD_OUT_FIRST else self.train if number % HELD_OUT else self.held
                kept.append(item)


def read_item(path: Path) -> Item | None:
    """The onsets of a file of cache.py; None of too few."""
    with np.load(path) as z:
        item = Item(
            z["crops"],
            z["pitch"].astype(np.float32),
            z["real"],
            z["family"],
            z["part"],
            (z["when"] / FPS).astype(np.float32),
        )
    return item if len(item.pitch) >= FEWEST else None


class Items(Split[Item]):
    """All clips."""

    def __init__(self, folder: Path) -> None:
        """Read what is there."""
        super().__init__(folder, read_item)

    def balance(self) -> Tensor:
        """(families,) weights that lift the rare ones."""
        count = sum(i.family.sum(0) for i in self.train)
        return torch.tensor((count / count.mean() + 0.1) ** -0.5, dtype=torch.float32)


def view(item: Item, pick: np.ndarray) -> tuple[Tensor, Tensor]:
    """The picked onsets as they are."""
    return torch.from_numpy(item.crops[pick].astype(np.float32)), torch.from_numpy(item.pitch[pick])


def altered(crops: Tensor, pitch: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """One clip's onsets, louder or softer, equalised, noisier, mirrored, moved, with lost harmonics and channels."""
    n = len(crops)
    stack = crops[:, :STACK].view(n, 2, len(HARMONICS), 3, -1)
    curve = rng.normal(0, 4 / 90) + np.cumsum(rng.normal(0, 2.2 / 90, len(HARMONICS)))
    stack = stack + torch.tensor(curve, dtype=torch.float32).view(1, 1, -1, 1, 1)
    floor = torch.tensor(rng.uniform(0, 0.25) + 0.04 * rng.normal(0, 1, stack.shape), dtype=torch.float32)
    lost = torch.rand(n, 1, len(HARMONICS), 1, 1) < 0.06
    lost[:, :, :2] = False
    stack = torch.where(lost, floor, torch.maximum(stack, floor))
    rest = crops[:, STACK:].clone()
    hidden = rest[:, AT_HIDDEN - STACK : AT_PLACE - STACK]
    hidden *= (1 + 0.1 * torch.randn(n, HIDDEN, 1)) * (torch.rand(n, HIDDEN, 1) > LOST) / (1 - LOST)
    place = rest[:, AT_PLACE - STACK :]
    if rng.random() < 0.5:
        place[:, 0::2] *= -1
    if rng.random() < 0.15:
        place *= 0
    out = torch.roll(torch.cat([stack.reshape(n, STACK, -1), rest], 1), int(rng.integers(-1, 2)), 2)
    return out, pitch + torch.randn(n) * 1.5


def batch(items: list[Item], rng: np.random.Generator) -> tuple[Tensor, ...]:
    """Crops, pitches, real, family shares, parts (clip * 100 + part; negative for none), onsets in seconds."""
    views, real, family, part, when = [], [], [], [], []
    for number, k in enumerate(rng.choice(len(items), min(CLIPS, len(items)), replace=False)):
        item = items[k]
        pick = rng.choice(len(item.pitch), ONSETS, replace=len(item.pitch) < ONSETS)
        views.append(altered(*view(item, pick), rng))
        real.append(item.real[pick])
        family.append(item.family[pick])
        part.append(np.where(item.part[pick] < 0, -1, item.part[pick] + 100 * number))
        when.append(item.when_s[pick])
    return (
        torch.cat([v for v, _ in views]),
        torch.cat([p for _, p in views]),
        torch.from_numpy(np.concatenate(real)).float(),
        torch.from_numpy(np.concatenate(family)),
        torch.from_numpy(np.concatenate(part)),
        torch.from_numpy(np.concatenate(when)),
    )
