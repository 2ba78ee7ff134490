"""The first net with its inner layer laid open, and the second net: is this onset a note, and who plays it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.transcribers.band.crops import CHANNELS, STACK
from training.band.families import FAMILIES
from training.notes.model import NoteNet

TAP = 4
"""Blocks of the note net before the layer that the second net sees."""

EMBEDDING = 24


class Tapped(nn.Module):
    """A note net that tells its probabilities and the layer after TAP blocks."""

    def __init__(self, net: NoteNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, features: Tensor, role: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, 4, time, 88) and (batch, HIDDEN, time / 2, 88)."""
        net = self.net
        y = F.relu(net.norm(net.stem(net.stack(features))) + net.role(role)[:, :, None, None])
        hidden = net.blocks[:TAP](y)
        y = net.head(net.blocks[TAP:](hidden)).float()
        batch, _, half, pitches = y.shape
        y = y.view(batch, 4, 2, half, pitches).transpose(2, 3)
        return torch.sigmoid(y.reshape(batch, 4, half * 2, pitches)), hidden


def shipped_notes(path: Path) -> NoteNet:
    """The averaged note net of a training state (training/notes/run/last.pt)."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    model = NoteNet(**state["config"])
    kept = state["model"] | state["average"]
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in kept.items()}, strict=False)
    return model.eval()


def _conv(i: int, o: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(i, o, 3, stride, 1, bias=False), nn.BatchNorm1d(o), nn.ReLU())


class Who(nn.Module):
    """Crops (n, CHANNELS, STEPS) and pitches (n,) to the log-odds of being a note, family logits and an embedding."""

    def __init__(self, wide: int = 96) -> None:
        super().__init__()
        self.wide = wide
        self.layers = nn.Sequential(
            _conv(CHANNELS, wide), _conv(wide, wide * 4 // 3, 2), _conv(wide * 4 // 3, wide * 5 // 3, 2)
        )
        self.hidden = nn.Sequential(
            nn.Linear(wide * 5 // 3 * 2 + 2, 192), nn.BatchNorm1d(192), nn.ReLU(), nn.Dropout(0.3)
        )
        self.real, self.family, self.embed = nn.Linear(192, 1), nn.Linear(192, len(FAMILIES)), nn.Linear(192, EMBEDDING)

    def forward(self, crops: Tensor, pitch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n,), (n, families), (n, EMBEDDING) of unit length."""
        stack, rest = crops[:, :STACK], crops[:, STACK:]
        # Levels against the note's own peak, whose height is told apart.
        peak = stack.amax((1, 2), keepdim=True)
        stack = (stack - peak + 0.5).clamp(min=-0.3) * 3
        y = F.dropout(self.layers(torch.cat([stack, rest], 1)), 0.2, self.training)
        number = (pitch[:, None] - 64) / 20
        y = self.hidden(torch.cat([y.mean(2), y.amax(2), number, peak[:, :, 0] * 3 - 2], 1))
        return self.real(y)[:, 0], self.family(y), F.normalize(self.embed(y), dim=1)
