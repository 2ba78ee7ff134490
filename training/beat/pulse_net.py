"""Train the network that hears beats, bar lines and the tempo in the curves.

python -m training.beat.pulse_net bridge/data/pulse.npz EXCERPTS.npz ... [--minutes 12] [--start PULSE.npz --rate 2e-3]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.score.beat.pulse_net import BINS_BPM, CHANNELS_IN, DILATIONS, KERNEL, SUBSTEPS, WIDTH
from training.beat.excerpts import FRAMES, LEVELS, Excerpts, load

BATCH = 16
RATE = 3e-3
TEMPO_HIDDEN = 48
TEMPO_WIDTH = 0.035
"""Of the bump around the true tempo, in logarithms."""
STEPS = FRAMES // SUBSTEPS
OUT_HZ = 50
KEPT = 512
"""Excerpts at the end of the first file that tell how well it is learned."""


class PulseNet(nn.Module):
    """Dilated convolutions over steps of 40 ms that tell of each 20 ms whether a beat and a bar begins."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(CHANNELS_IN, WIDTH, 1)
        self.layers = nn.ModuleList(
            nn.Conv1d(WIDTH, WIDTH, KERNEL, dilation=d, padding=d * (KERNEL // 2)) for d in DILATIONS
        )
        self.song = nn.Linear(WIDTH, WIDTH)
        self.beats = nn.Conv1d(WIDTH, 4, 1)
        self.pooled = nn.Conv1d(WIDTH, TEMPO_HIDDEN, 1)
        self.tempo = nn.Linear(TEMPO_HIDDEN, len(BINS_BPM))

    def forward(self, steps: torch.Tensor, inside: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(excerpts, 4, steps) beats and bars of two halves, and (excerpts, bins) the tempo."""
        h = torch.relu(self.first(steps)) * inside
        count = inside.sum(2).clamp(min=1)
        for i, layer in enumerate(self.layers):
            if i == len(self.layers) // 2:
                h = h + self.song(h.sum(2) / count)[:, :, None] * inside
            h = h + F.dropout(torch.relu(layer(h)), 0.1, self.training) * inside
        pooled = (torch.relu(self.pooled(h)) * inside).sum(2) / count
        return self.beats(h), self.tempo(pooled)


def batch_of(data: Excerpts, rows: np.ndarray, rng: np.random.Generator | None) -> tuple[torch.Tensor, ...]:
    """Inputs and targets."""
    curves = data.curves[rows].astype(np.float32) / LEVELS
    if rng is not None:
        # Another mix of what is heard: each curve louder or softer, or not there.
        gain = np.exp(rng.normal(0, 0.15, curves.shape[:2])) * (rng.random(curves.shape[:2]) > 0.02)
        curves *= gain[:, :, None].astype(np.float32)
    steps = curves.reshape(len(rows), -1, STEPS, SUBSTEPS).transpose(0, 1, 3, 2).reshape(len(rows), -1, STEPS)
    inside = (np.arange(STEPS)[None, :] * SUBSTEPS < data.frames[rows, None]).astype(np.float32)[:, None]
    beat, bar = (np.zeros((len(rows), 2 * STEPS), np.float32) for _ in range(2))
    bpm = np.zeros((len(rows), len(BINS_BPM)), np.float32)
    counted = np.zeros((len(rows), 2 * STEPS), np.float32)
    for i, row in enumerate(rows):
        known = ~np.isnan(data.beats[row])
        times, first = data.beats[row][known], data.firsts[row][known]
        at = np.round(times * OUT_HZ).astype(int)
        fine = (at > 0) & (at < 2 * STEPS - 1)
        at, first = at[fine], first[fine]
        for shift, size in ((-1, 0.4), (1, 0.4), (0, 1.0)):
            beat[i, at + shift] = np.maximum(beat[i, at + shift], size)
            bar[i, at[first] + shift] = np.maximum(bar[i, at[first] + shift], size)
        counted[i, max(0, at[0] - 5) : at[-1] + 5] = 1.0
        own = 60.0 / float(np.median(np.diff(times)))
        bpm[i] = np.exp(-0.5 * (np.log(np.array(BINS_BPM) / own) / TEMPO_WIDTH) ** 2)
    bpm /= bpm.sum(1, keepdims=True)
    return tuple(torch.from_numpy(a) for a in (steps, inside, beat, bar, counted, bpm))


def losses(model: PulseNet, batch: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, list[float]]:
    """The loss, and its parts."""
    steps, inside, beat, bar, counted, bpm = batch
    said, tempo = model(steps, inside)
    said = said.reshape(len(steps), 2, 2, -1).permute(0, 1, 3, 2).reshape(len(steps), 2, -1)
    beat_loss = (F.binary_cross_entropy_with_logits(said[:, 0], beat, reduction="none") * counted).sum() / counted.sum()
    bar_loss = (F.binary_cross_entropy_with_logits(said[:, 1], bar, reduction="none") * counted).sum() / counted.sum()
    tempo_loss = -(bpm * F.log_softmax(tempo, 1)).sum(1).mean()
    right = (tempo.argmax(1) - bpm.argmax(1)).abs() <= 2
    return beat_loss + bar_loss + 0.04 * tempo_loss, [
        *(float(x.detach()) for x in (beat_loss, bar_loss, tempo_loss)), float(right.float().mean())
    ]  # fmt: skip


def export(model: PulseNet, path: Path) -> None:
    """Write the weights as the product reads them."""
    arrays = {n.replace(".", "_"): p.detach().numpy().astype(np.float16) for n, p in model.named_parameters()}
    np.savez_compressed(path, **arrays)


def begun_with(path: Path) -> PulseNet:
    """The network with the weights of a file."""
    model = PulseNet()
    with np.load(path, allow_pickle=False) as file:
        model.load_state_dict({n: torch.from_numpy(file[n.replace(".", "_")]).float() for n in model.state_dict()})
    return model


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("excerpts", type=Path, nargs="+")
    parser.add_argument("--minutes", type=float, default=12.0)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--rate", type=float, default=RATE)
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rng, data = np.random.default_rng(0), load(args.excerpts)
    model = PulseNet() if args.start is None else begun_with(args.start)
    held = len(data.frames) - KEPT
    optimiser = torch.optim.AdamW(model.parameters(), lr=args.rate, weight_decay=0.01)
    begun, last, steps, seen = time.process_time(), 0.0, 0, []
    while (share := (time.process_time() - begun) / (60 * args.minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = args.rate * min(1.0, steps / 100) * (0.5 + 0.5 * np.cos(np.pi * share)) + 1e-5
        loss, parts = losses(model, batch_of(data, rng.integers(0, held, BATCH), rng))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        seen.append(parts)
        steps += 1
        if share - last > 0.1:
            print(f"{share:.2f} {steps} steps", np.array(seen).mean(0).round(4), flush=True)
            last, seen = share, []
    model.eval()
    with torch.no_grad():
        last_rows = [np.arange(a, a + BATCH) for a in range(held, held + KEPT, BATCH)]
        kept = [losses(model, batch_of(data, rows, None))[1] for rows in last_rows]
    print("kept: beat, bar, tempo, tempo right", np.array(kept).mean(0).round(4))
    export(model, args.out)


if __name__ == "__main__":
    main()
