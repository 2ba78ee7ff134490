"""Train the perceptron that says of each beat whether it begins a bar.

    python -m training.beat.bars bridge/data/bars.npz EXCERPTS.npz:CANDIDATES.npz ... [--epochs 12]

The beats are the true ones, a little shaken; what the network hears comes with the candidates
(training/beat/choice.py).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.score.beat.downbeats import BAR_INPUTS, seen_in_bars
from bridge.score.beat.features import NAMES
from training.beat.excerpts import LEVELS, load

JITTER_S = 0.004
BEATS_KEPT = 32
"""Of each excerpt, at random."""
SOUND_ALONE = 0.15
"""Share of the excerpts of which no notes are known, and nothing of the network."""
HIDDEN = 64
BATCH = 512
KEPT_SHARE = 0.1


def examples(excerpts: Path, candidates: Path, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and labels of some beats of each excerpt."""
    data = load([excerpts])
    with np.load(candidates, allow_pickle=False) as file:
        heard = file["heard"]
    inputs, firsts = [], []
    for row in range(len(heard)):
        size = int(data.frames[row])
        curves = np.concatenate([data.curves[row, :, :size], heard[row, :, :size]]) / LEVELS
        if rng.random() < SOUND_ALONE:
            curves[NAMES.index("low") + 1 :] = 0.0
        known = ~np.isnan(data.beats[row])
        beats = data.beats[row][known].astype(np.float64)
        seen = seen_in_bars(curves, beats + rng.normal(0, JITTER_S, len(beats)))
        kept = rng.permutation(len(beats))[:BEATS_KEPT]
        inputs.append(seen[kept].astype(np.float16))
        firsts.append(data.firsts[row][known][kept])
    return np.concatenate(inputs), np.concatenate(firsts)


def fit(inputs: torch.Tensor, firsts: torch.Tensor, epochs: int) -> nn.Sequential:
    """Train on all but the last tenth, and print how that is read."""
    model = nn.Sequential(nn.Linear(BAR_INPUTS, HIDDEN), nn.ReLU(), nn.Dropout(0.15), nn.Linear(HIDDEN, 1))
    held = int(len(firsts) * (1 - KEPT_SHARE))
    steps = epochs * (held // BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        chosen = torch.randint(0, held, (BATCH,))
        loss = F.binary_cross_entropy_with_logits(model(inputs[chosen].float())[:, 0], firsts[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        for name, low, high in (("trained on", 0, 4000), ("kept", held, len(firsts))):
            said = model(inputs[low:high].float())[:, 0]
            loss = F.binary_cross_entropy_with_logits(said, firsts[low:high])
            right = ((said > 0) == (firsts[low:high] > 0.5)).float().mean()
            print(f"{name}: loss {float(loss):.3f}, right {float(right):.3f}")
    return model


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("pairs", nargs="+")
    parser.add_argument("--epochs", type=int, default=12)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    every = [examples(*(Path(p) for p in pair.split(":")), rng) for pair in args.pairs]
    inputs, firsts = (np.concatenate(x) for x in zip(*every, strict=True))
    model = fit(torch.from_numpy(inputs), torch.from_numpy(firsts).float(), args.epochs)
    arrays = {f"{n}_{kind}": getattr(model[i], kind).detach().numpy().astype(np.float16)
              for n, i in (("first", 0), ("last", 3)) for kind in ("weight", "bias")}  # fmt: skip
    np.savez_compressed(args.out, **arrays)


if __name__ == "__main__":
    main()
