"""The note network: harmonic stack of the spectrogram, residual CNN over time and pitch, four heads.

The trunk runs at half the frame rate with one cell a semitone: sub-bins, two frames and the harmonics
fold into channels. Between convolutions, groups of channels are shifted along pitch by harmonic
intervals, so that a cell sees its octaves, fifths and thirds at no multiplications.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.note_maps.features import BINS, MIN_KEY, PER_SEMITONE

PITCHES, LOW = 88, 21
"""Rows of the output: the piano's keys, from MIDI 21."""

ROLES = ("bass", "vocals", "other")
"""What the network may be told about a stem; a whole mix counts as "other"."""

HARMONICS = (0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10)
"""Multiples of a key's frequency that its cell sees at once."""

SHIFTS = (0, 12, -12, 19, -19, 24, 7, 28)
"""Semitones by which the channel groups are moved: octaves, twelfths, fifth, third partial of the octave."""

HEADS = 4
"""Onset, frame, offset, velocity."""


def harmonic_index(harmonics: tuple[float, ...]) -> np.ndarray:
    """Bin of each (pitch, harmonic, sub-bin); BINS, a column of silence, where it falls outside."""
    bins = (np.arange(PITCHES)[:, None, None] + LOW - MIN_KEY) * PER_SEMITONE + np.arange(PER_SEMITONE)
    bins = bins + np.round(12 * PER_SEMITONE * np.log2(np.array(harmonics)))[None, :, None]
    return np.where((bins < 0) | (bins >= BINS), BINS, bins).astype(np.int64).reshape(-1)


class Block(nn.Module):
    """Residual 3 x 3 convolution, dilated in time; every other one looks along the harmonic shifts."""

    def __init__(self, channels: int, dilation: int, shifted: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=(dilation, 1), dilation=(dilation, 1), bias=False)
        self.norm, self.shifted = nn.BatchNorm2d(channels), shifted
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, time, 88) to the same."""
        y = x
        if self.shifted:
            groups = zip(x.split(x.shape[1] // len(SHIFTS), 1), SHIFTS, strict=True)
            y = torch.cat([_moved(g, s) for g, s in groups], 1)
        return F.relu(x + self.norm(self.conv(y)))


def _moved(x: Tensor, semitones: int) -> Tensor:
    """The map moved down along pitch, so that cell p holds what was at p + semitones; zeros come in."""
    if not semitones:
        return x
    padded = F.pad(x, (max(0, -semitones), max(0, semitones)))
    return padded[..., max(0, semitones) : max(0, semitones) + PITCHES]


class NoteNet(nn.Module):
    """Features (batch, time even, BINS) in dB and role one-hot (batch, 3) to logits (batch, 4, time, 88)."""

    def __init__(
        self,
        channels: int = 48,
        dilations: tuple[int, ...] = (1, 1, 2, 4, 1, 8),
        harmonics: tuple[float, ...] = HARMONICS,
    ) -> None:
        super().__init__()
        self.config = {"channels": channels, "dilations": tuple(dilations), "harmonics": tuple(harmonics)}
        self.register_buffer("index", torch.tensor(harmonic_index(tuple(harmonics))), persistent=False)
        self.stem = nn.Conv2d(len(harmonics) * PER_SEMITONE * 2, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.role = nn.Linear(len(ROLES), channels, bias=False)
        self.blocks = nn.Sequential(*[Block(channels, d, i % 2 == 0) for i, d in enumerate(dilations)])
        self.head = nn.Conv2d(channels, HEADS * 2, 1)
        with torch.no_grad():
            self.head.bias.copy_(torch.tensor([-4.0, -4, -3, -3, -4, -4, 0, 0]))

    def stack(self, x: Tensor) -> Tensor:
        """Decibels to (batch, channels, time / 2, 88), channels last in memory; -100 dB is 0 and -10 dB is 1."""
        batch, time, _ = x.shape
        x = F.pad(((x + 100) / 90).clamp(0, 1.2), (0, 1)).index_select(2, self.index)
        x = x.view(batch, time // 2, 2, PITCHES, -1).transpose(2, 3).reshape(batch, time // 2, PITCHES, -1)
        return x.permute(0, 3, 1, 2)

    def forward(self, x: Tensor, role: Tensor) -> Tensor:
        """See the class."""
        y = F.relu(self.norm(self.stem(self.stack(x))) + self.role(role)[:, :, None, None])
        y = self.head(self.blocks(y)).float()
        batch, _, half, pitches = y.shape
        y = y.view(batch, HEADS, 2, half, pitches).transpose(2, 3)
        return y.reshape(batch, HEADS, half * 2, pitches)


def save_model(model: NoteNet, path: Path) -> None:
    """Configuration and weights, loadable without executing anything."""
    torch.save({"config": model.config, "model": model.state_dict()}, path)


def load_model(path: Path) -> NoteNet:
    """A saved model, ready to run."""
    saved = torch.load(path, map_location="cpu", weights_only=True)
    model = NoteNet(**saved["config"])
    model.load_state_dict(saved["model"])
    return model.eval()
