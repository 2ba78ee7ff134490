"""Train the network that says of each beat whether it begins a bar.

    python -m training.beat.bars bridge/data/bars.npz EXCERPTS.npz:CANDIDATES.npz ... [--epochs 20]

The beats are the true ones, a little shaken; what the network hears comes with the candidates
(training/beat/choice.py).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.score.beat.downbeats import (
    BEAT_INPUTS,
    FIRST_KERNEL,
    KERNEL,
    PLACES,
    SONG_INPUTS,
    STEPS,
    WIDTH,
    seen_in_bars,
)
from bridge.score.beat.features import NAMES
from training.beat.excerpts import LEVELS, load
from training.beat.weights import save_weights

JITTER_S = 0.004
SOUND_ALONE = 0.1
"""Share of the excerpts of which no notes are known, and nothing of the network."""
BATCH = 24
RATE = 3e-3
KEPT = 600
"""Excerpts at the end that tell how well it is learned."""


class BarNet(nn.Module):
    """The product's network (bridge/score/beat/downbeats.py)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(BEAT_INPUTS, WIDTH, FIRST_KERNEL, padding=FIRST_KERNEL // 2)
        self.song = nn.Linear(SONG_INPUTS, WIDTH)
        self.layers = nn.ModuleList(
            nn.Conv1d(WIDTH, WIDTH, KERNEL, dilation=s, padding=s * (KERNEL // 2)) for s in STEPS
        )
        self.out = nn.Conv1d(WIDTH, 1, 1)

    def forward(self, own: torch.Tensor, song: torch.Tensor) -> torch.Tensor:
        """(excerpts, beats) odds."""
        inside = own[:, -1:]
        told = self.song(F.dropout(song, 0.1, self.training))[:, :, None]
        h = torch.relu(self.first(F.dropout(own, 0.05, self.training)) + told) * inside
        for layer in self.layers:
            h = h + F.dropout(torch.relu(layer(h)), 0.1, self.training) * inside
        return self.out(h)[:, 0]


@dataclass(frozen=True, slots=True)
class Seen:
    """One excerpt."""

    own: np.ndarray
    song: np.ndarray
    firsts: np.ndarray


def examples(excerpts: Path, candidates: Path, rng: np.random.Generator) -> list[Seen]:
    """What is seen of the beats of each excerpt, and which begin bars."""
    data = load([excerpts])
    with np.load(candidates, allow_pickle=False) as file:
        heard = file["heard"]
    made = []
    for row in range(len(heard)):
        size = int(data.frames[row])
        curves = np.concatenate([data.curves[row, :, :size], heard[row, :, :size]]).astype(np.float32) / LEVELS
        if rng.random() < SOUND_ALONE:
            curves[NAMES.index("low") + 1 :] = 0.0
        known = ~np.isnan(data.beats[row])
        beats = data.beats[row][known].astype(np.float64)
        own, song = seen_in_bars(curves, beats + rng.normal(0, JITTER_S, len(beats)))
        made.append(Seen(own.astype(np.float16), song, data.firsts[row][known]))
    return made


def batch_of(rows: list[Seen], rng: np.random.Generator | None) -> tuple[torch.Tensor, ...]:
    """Inputs and labels, padded to the longest."""
    longest = max(len(r.firsts) for r in rows)
    own, firsts = np.zeros((len(rows), BEAT_INPUTS, longest), np.float32), np.zeros((len(rows), longest), np.float32)
    for i, row in enumerate(rows):
        own[i, :, : len(row.firsts)], firsts[i, : len(row.firsts)] = row.own, row.firsts
    if rng is not None:
        channels = (BEAT_INPUTS - 1) // len(PLACES)
        gain = np.exp(rng.normal(0, 0.15, (len(rows), channels))) * (rng.random((len(rows), channels)) > 0.02)
        own[:, :-1] *= np.repeat(gain, len(PLACES), 1)[:, :, None].astype(np.float32)
    return torch.from_numpy(own), torch.from_numpy(np.stack([r.song for r in rows])), torch.from_numpy(firsts)


def loss_of(model: BarNet, batch: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, float]:
    """The loss a beat, and the share of the beats that are read right."""
    own, song, firsts = batch
    said, inside = model(own, song), own[:, -1]
    loss = (F.binary_cross_entropy_with_logits(said, firsts, reduction="none") * inside).sum() / inside.sum()
    right = (((said > 0) == (firsts > 0.5)) * inside).sum() / inside.sum()
    return loss, float(right)


def fit(every: list[Seen], epochs: int, rng: np.random.Generator) -> BarNet:
    """Train on all but the last excerpts, and print how those are read."""
    model, learned, kept = BarNet(), every[:-KEPT], every[-KEPT:]
    # Excerpts of like length together.
    order = np.argsort([len(r.firsts) for r in learned])
    groups = [order[a : a + BATCH] for a in range(0, len(order) - BATCH + 1, BATCH)]
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * len(groups))
    for epoch in range(epochs):
        seen = []
        for k in rng.permutation(len(groups)):
            loss, _ = loss_of(model, batch_of([learned[i] for i in groups[k]], rng))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            seen.append(float(loss.detach()))
        model.eval()
        with torch.no_grad():
            told = [loss_of(model, batch_of(kept[a : a + BATCH], None)) for a in range(0, KEPT, BATCH)]
        loss, right = np.array([(float(x), y) for x, y in told]).mean(0)
        print(f"epoch {epoch}: {np.mean(seen):.4f}; kept: loss {loss:.4f}, right {right:.4f}", flush=True)
        model.train()
    return model


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("pairs", nargs="+")
    parser.add_argument("--epochs", type=int, default=20)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    every = [row for pair in args.pairs for row in examples(*(Path(p) for p in pair.split(":")), rng)]
    save_weights(fit(every, args.epochs, rng), args.out)


if __name__ == "__main__":
    main()
