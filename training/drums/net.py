"""The drum net: convolutions over frequency, then dilated convolutions over time, two heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional

from bridge.transcribers.drums.features import BANDS, WINDOWS
from bridge.transcribers.drums.peaks import SHARED


@dataclass(frozen=True, slots=True)
class NetConfig:
    """The size of a net."""

    windows: tuple[int, ...] = (0, 1, 2)
    """Which of the features' window lengths go in."""
    widths: tuple[int, ...] = (32, 48, 64)
    hidden: int = 128
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32)

    def as_dict(self) -> dict[str, object]:
        """For the checkpoint."""
        return asdict(self)


class _TimeBlock(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.spread = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.mix = nn.Conv1d(width, width, 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.drop(self.mix(functional.relu(self.norm(self.spread(x)))))


class DrumNet(nn.Module):
    """Spectra (batch, frames, 3, 80) -> logits (batch, frames, 2, classes): onset, velocity."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = []
        before, bands = len(config.windows), BANDS
        for width in config.widths:
            layers += [
                nn.Conv2d(before, width, 3, stride=(1, 2), padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            before, bands = width, (bands + 1) // 2
        self.front = nn.Sequential(*layers)
        self.flat = nn.Conv1d(before * bands, config.hidden, 1)
        self.time = nn.Sequential(*[_TimeBlock(config.hidden, d) for d in config.dilations])
        self.head = nn.Conv1d(config.hidden, 2 * SHARED, 1)
        with torch.no_grad():
            # Strokes are rare: start from their usual share instead of from one half.
            self.head.bias[:SHARED] = -4.0
            self.head.bias[SHARED:] = 0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (batch, frames, 2, classes) of spectra (batch, frames, 3, 80)."""
        if len(self.config.windows) != len(WINDOWS):
            x = x[:, :, list(self.config.windows)]
        x = x.transpose(1, 2).contiguous(memory_format=torch.channels_last)
        y = self.front(x)
        y = y.transpose(2, 3).flatten(1, 2)
        y = self.head(self.time(functional.relu(self.flat(y))))
        return y.view(y.shape[0], 2, SHARED, -1).permute(0, 3, 1, 2)


class Together(nn.Module):
    """Several nets that answer as one: the mean of their logits, the mean odds of their answers."""

    def __init__(self, nets: Sequence[DrumNet]) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of spectra, as of one net."""
        return torch.stack([net(x) for net in self.nets]).mean(0)
