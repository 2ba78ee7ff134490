"""The semitone net: a shipped drum net whose first layer reads semitones, and whose last tells more classes apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from bridge.note_maps.features import BINS, PER_SEMITONE, bin_hz
from bridge.transcribers.drums.features import BANDS, COMPRESSION, MAX_HZ, MIN_HZ
from bridge.transcribers.drums.peaks import CLASSES, SHARED
from training.drums.net import DrumNet

SEMITONES = BINS // PER_SEMITONE
BEYOND = 1.03
"""A band that is centred so far above the highest semitone hears nothing there."""
LIKE = {"clap": "side_stick", "hat_pedal": "hat_closed", "tambourine": "hat_closed", "shaker": "hat_closed",
        "cowbell": "side_stick"}  # fmt: skip
"""The class whose weights a new one begins with."""
FAINT, FAINT_BIAS = 0.3, -4.0
"""How much of them, and how seldom it is heard at first."""


def bands_of_semitones() -> tuple[np.ndarray, np.ndarray]:
    """((SEMITONES, BANDS) on a line between the two nearest semitones, (BANDS,) 1 where there is one)."""
    semitones, bands = bin_hz()[1::PER_SEMITONE], np.geomspace(MIN_HZ, MAX_HZ, BANDS)
    places = np.interp(np.log(bands), np.log(semitones), np.arange(SEMITONES))
    weights = np.maximum(0, 1 - np.abs(np.arange(SEMITONES)[:, None] - places))
    return weights.astype(np.float32), (bands <= semitones[-1] * BEYOND).astype(np.float32)


class SemitoneDrumNet(nn.Module):
    """Semitones in dB (batch, frames, 106) -> logits (batch, frames, 2, classes): onset, velocity."""

    def __init__(self, base: DrumNet, louder_db: np.ndarray) -> None:
        """Take over ``base``, whose bands are ``louder_db`` (BANDS,) louder than the semitones at their places."""
        super().__init__()
        weights, known = bands_of_semitones()
        self.register_buffer("bands", torch.from_numpy(weights))
        self.register_buffer("known", torch.from_numpy(known))
        self.register_buffer("louder_db", torch.from_numpy(np.asarray(louder_db, np.float32)))
        self.front, self.flat, self.time = base.front, base.flat, base.time
        self.front[0] = _of_one_window(base.front[0])
        self.head = _wider(base.head)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (batch, frames, 2, classes)."""
        magnitudes = torch.pow(10.0, (x @ self.bands + self.louder_db) / 20) * self.known
        y = torch.log10(1 + COMPRESSION * magnitudes)[:, None].contiguous(memory_format=torch.channels_last)
        y = self.front(y).transpose(2, 3).flatten(1, 2)
        y = self.head(self.time(functional.relu(self.flat(y)))).float()
        return y.view(y.shape[0], 2, len(CLASSES), -1).permute(0, 3, 1, 2)


@torch.no_grad()
def _of_one_window(convolution: nn.Conv2d) -> nn.Conv2d:
    """The convolution for input that is the same in all window lengths."""
    one = nn.Conv2d(1, convolution.out_channels, 3, stride=(1, 2), padding=1, bias=False)
    one.weight.copy_(convolution.weight.sum(1, keepdim=True))
    return one


@torch.no_grad()
def _wider(head: nn.Conv1d) -> nn.Conv1d:
    """The last layer with rows for the new classes, which begin as faint copies of others."""
    wide = nn.Conv1d(head.in_channels, 2 * len(CLASSES), 1)
    for kind in (0, 1):
        new, old = kind * len(CLASSES), kind * SHARED
        wide.weight[new : new + SHARED] = head.weight[old : old + SHARED]
        wide.bias[new : new + SHARED] = head.bias[old : old + SHARED]
        for name, other in LIKE.items():
            row, copied = new + CLASSES.index(name), old + CLASSES.index(other)
            wide.weight[row] = head.weight[copied] * (1 if kind else FAINT)
            wide.bias[row] = head.bias[copied] if kind else FAINT_BIAS
    return wide


def load(path: Path, base: DrumNet) -> SemitoneDrumNet:
    """The net of a checkpoint of `training.drums.semitones.train`."""
    net = SemitoneDrumNet(base, np.zeros(BANDS))
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return net.eval()


@torch.no_grad()
def moved(net: SemitoneDrumNet, towards: SemitoneDrumNet, part: float) -> SemitoneDrumNet:
    """The net, its weights moved by a part of the way towards another's."""
    for own, other in zip(net.parameters(), towards.parameters(), strict=True):
        own.lerp_(other, part)
    return net
