"""The first net with its inner layer laid open, and the second net: is this onset a note, and who plays it."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.score.instruments.evidence import EMBEDDING
from bridge.transcribers.band.company import VIEW
from bridge.transcribers.band.crops import CHANNELS, PLACED, STACK
from bridge.transcribers.band.listen import PLACE_STEPS
from training.band.families import FAMILIES
from training.notes.model import NoteNet

TAP = 5
"""Blocks of the note net before the layer that the second net sees."""

LAYERS, HEADS, BETWEEN = 2, 4, 10
"""Of Together; the last is what sets two notes apart."""


class Tapped(nn.Module):
    """A note net that tells its probabilities and the layer after TAP blocks."""

    def __init__(self, net: NoteNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, features: Tensor, role: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, 4, time, 88) and (batch, HIDDEN, time / 2, 88)."""
        logits, hidden = opened(self.net, features, role)
        return torch.sigmoid(logits), hidden


def opened(net: NoteNet, features: Tensor, role: Tensor) -> tuple[Tensor, Tensor]:
    """Return a note net's logits (batch, 4, time, 88) and its layer after TAP blocks (batch, HIDDEN, time / 2, 88)."""
    y = F.relu(net.norm(net.stem(net.stack(features))) + net.role(role)[:, :, None, None])
    hidden = net.blocks[:TAP](y)
    y = net.head(net.blocks[TAP:](hidden)).float()
    batch, _, half, pitches = y.shape
    y = y.view(batch, 4, 2, half, pitches).transpose(2, 3)
    return y.reshape(batch, 4, half * 2, pitches), hidden


def _conv(i: int, o: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(i, o, 3, stride, 1, bias=False), nn.BatchNorm1d(o), nn.ReLU())


class Who(nn.Module):
    """Crops (n, CHANNELS, STEPS) and pitches (n,) to what is told of each onset alone."""

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
        self.view = nn.Linear(192, VIEW)

    def forward(self, crops: Tensor, pitch: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(n,) log odds of a note, (n, families) logits, (n, EMBEDDING) of unit length, (n, VIEW) for Together."""
        stack, rest = crops[:, :STACK], crops[:, STACK:]
        # Levels against the note's own peak, whose height is told apart.
        peak = stack.amax((1, 2), keepdim=True)
        stack = (stack - peak + 0.5).clamp(min=-0.3) * 3
        y = F.dropout(self.layers(torch.cat([stack, rest], 1)), 0.2, self.training)
        number = (pitch[:, None] - 64) / 20
        y = self.hidden(torch.cat([y.mean(2), y.amax(2), number, peak[:, :, 0] * 3 - 2], 1))
        return self.real(y)[:, 0], self.family(y), F.normalize(self.embed(y), dim=1), self.view(y)


class Together(nn.Module):
    """Notes of a passage, each looking at the others, to families and embeddings: who is told by the company.

    Attention (Vaswani et al. 2017) whose weights also know how far two notes are apart in time, pitch and place.
    """

    def __init__(self) -> None:
        super().__init__()
        self.between = nn.Sequential(nn.Linear(BETWEEN, 24), nn.ReLU(), nn.Linear(24, LAYERS * HEADS))
        self.enter = nn.Linear(VIEW + len(FAMILIES) + 3, VIEW)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(VIEW)
        self.real, self.family, self.embed = (
            nn.Linear(VIEW, 1),
            nn.Linear(VIEW, len(FAMILIES)),
            nn.Linear(VIEW, EMBEDDING),
        )

    def forward(self, view: Tensor, family: Tensor, real: Tensor, place: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What Who says, better: (b, n) log odds of a note, families and embeddings.

        Args:
            view: (b, n, VIEW) and
            family: (b, n, families) log probabilities, of Who.
            real: (b, n) log probability that it is a note.
            place: (b, n, 4) onset in seconds, pitch, balance, width.
        """
        bias = self.between(between(place)).permute(0, 3, 1, 2) + real[:, None, None, :]
        y = self.enter(torch.cat([view, family / 3, (place[..., 1:2] - 64) / 20, place[..., 2:]], 2))
        for k, layer in enumerate(self.layers):
            y = layer(y, bias[:, k * HEADS : (k + 1) * HEADS])
        y = self.norm(y)
        odds = real - torch.log1p(-real.exp().clamp(max=1 - 1e-6))
        return self.real(y)[..., 0] + odds, self.family(y) + family, F.normalize(self.embed(y), dim=2)


def between(place: Tensor) -> Tensor:
    """(b, n, n, BETWEEN) what sets two notes apart: time, pitch, place."""
    later, higher, moved, wider = (place[:, None] - place[:, :, None]).unbind(3)
    away, octaves = later.abs(), higher.abs() / 12
    return torch.stack(
        [
            torch.exp(-away / 0.05),
            torch.exp(-away / 0.5),
            torch.exp(-away / 4),
            torch.tanh(higher / 12),
            torch.exp(-octaves * 6),
            torch.exp(-octaves),
            torch.cos(2 * math.pi * octaves) * torch.exp(-away / 0.05),
            torch.tanh(higher / 12) * torch.exp(-away / 0.05),
            moved.abs(),
            wider.abs(),
        ],
        3,
    )


class Layer(nn.Module):
    """One layer of attention and one of a perceptron, each behind its norm."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(VIEW), nn.LayerNorm(VIEW)
        self.qkv, self.out = nn.Linear(VIEW, 3 * VIEW), nn.Linear(VIEW, VIEW)
        self.perceptron = nn.Sequential(nn.Linear(VIEW, 2 * VIEW), nn.ReLU(), nn.Linear(2 * VIEW, VIEW))

    def forward(self, y: Tensor, bias: Tensor) -> Tensor:
        """(b, n, VIEW) of the notes, with what they hear of each other; bias (b, HEADS, n, n)."""
        b, n, _ = y.shape
        q, k, v = self.qkv(self.first(y)).view(b, n, 3, HEADS, -1).permute(2, 0, 3, 1, 4).unbind(0)
        weight = torch.softmax(q @ k.transpose(2, 3) * (VIEW // HEADS) ** -0.5 + bias, 3)
        weight = F.dropout(weight, 0.1, self.training)
        y = y + F.dropout(self.out((weight @ v).transpose(1, 2).reshape(b, n, VIEW)), 0.1, self.training)
        return y + F.dropout(self.perceptron(self.second(y)), 0.1, self.training)


class Both(nn.Module):
    """The net of each onset alone, and the one of notes in company."""

    def __init__(self, wide: int = 96) -> None:
        super().__init__()
        self.alone, self.together = Who(wide), Together()

    def forward(self, crops: Tensor, pitch: Tensor, when_s: Tensor, clips: int) -> tuple[Tensor, ...]:
        """What Who says but for its view, then families and embeddings in company; as many onsets of each clip."""
        real, family, embedding, seen = self.alone(crops, pitch)

        def apart(x: Tensor) -> Tensor:
            return x.reshape(clips, -1, *x.shape[1:])

        sure, told, like = self.together(
            apart(seen), apart(F.log_softmax(family, 1)), apart(F.logsigmoid(real)), apart(places(crops, pitch, when_s))
        )
        return real, family, embedding, sure.flatten(0, 1), told.flatten(0, 1), like.flatten(0, 1)


def trained(state: Path) -> Both:
    """The averaged nets of a training state."""
    saved = torch.load(state, map_location="cpu", weights_only=True)
    net = Both(saved["wide"])
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in saved["average"].items()})
    return net.eval()


def places(crops: Tensor, pitch: Tensor, when_s: Tensor) -> Tensor:
    """(n, 4) onset in seconds, pitch, and as bridge/transcribers/band/listen.py reads them balance and width."""
    where = crops[:, -2 * len(PLACED) :, PLACE_STEPS].median(2).values
    return torch.stack([when_s, pitch, where[:, 0], where[:, 1]], 1)
