"""Train the perceptron that tells whether two notes are one instrument's (bridge/score/instruments/likeness.py).

    python -m training.band.pairs CROPS RUN/last.pt bridge/data/pairs.npz [--halves]

Learns from the clips that the second net was not trained on, for of those that it was it knows too well who plays.
--halves learns from one half and reports on the other: how many notes are on a track of their own instrument.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.note_maps.features import FPS
from bridge.score.instruments import likeness
from bridge.score.instruments.assign import RULE, groups, steadied
from bridge.score.instruments.evidence import Evidence
from bridge.score.instruments.likeness import differences
from bridge.transcribers.band.crops import PLACED
from bridge.transcribers.band.listen import PLACE_STEPS
from training.band.clips import HELD_OUT_FIRST
from training.band.net import Both, trained
from training.band.onsets import HELD_OUT

PAIRS = 700
"""Pairs drawn of a clip; more of one clip say the same again."""
REAL = 0.35
"""Probability from which an onset is taken for a note: about where the decoding takes it."""
MIN_NOTES = 20
EPOCHS, BATCH, RATE = 10, 1024, 2e-3
NAMES = ("first_weight", "first_bias", "second_weight", "second_bias", "last_weight", "last_bias")


@dataclass(frozen=True, slots=True)
class Clip:
    """The notes of a clip that were heard, and whose they are."""

    number: int
    who: Evidence
    part: np.ndarray


def clips_of(folder: Path, net: Both) -> list[Clip]:
    """The mixes that the net was not trained on, as it hears them."""
    found = []
    for path in sorted(folder.glob("[0-9]*mix.npz")):
        number = int(path.name[:5])
        if number % HELD_OUT and number < HELD_OUT_FIRST:
            continue
        with np.load(path) as z, torch.inference_mode():
            crops, pitch = z["crops"].astype(np.float32), z["pitch"]
            asked = (torch.from_numpy(x.astype(np.float32)) for x in (crops, pitch, z["when"] / FPS))
            _, family, embedding, real, _, _ = net(*asked, 1)
            place = crops[:, -2 * len(PLACED) :, PLACE_STEPS]
            who = Evidence(
                onset_s=z["when"] / FPS,
                pitch=pitch.astype(np.int64),
                real=torch.sigmoid(real).numpy(),
                family=F.log_softmax(family, 1).numpy(),
                embedding=embedding.numpy(),
                balance=np.median(place[:, 0], 1),
                width=np.median(place[:, 1], 1),
            )
            kept = np.flatnonzero((z["part"] >= 0) & (who.real > REAL))
            if len(kept) >= MIN_NOTES:
                found.append(Clip(number, who.rows(kept), z["part"][kept]))
    return found


def pairs_of(clips: Sequence[Clip], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What sets drawn pairs of notes apart, and whether they are of one part."""
    rows, same = [], []
    for clip in clips:
        a, b = rng.integers(0, len(clip.part), (2, PAIRS))
        a, b = a[a != b], b[a != b]
        rows.append(differences(steadied(clip.who, RULE), a, b))
        same.append(clip.part[a] == clip.part[b])
    return np.concatenate(rows), np.concatenate(same).astype(np.float32)


def fit(clips: Sequence[Clip]) -> dict[str, np.ndarray]:
    """The perceptron's weights."""
    torch.manual_seed(0)
    x, y = pairs_of(clips, np.random.default_rng(0))
    mean, spread = x.mean(0), x.std(0) + 1e-3
    rows, same = torch.from_numpy((x - mean) / spread), torch.from_numpy(y)
    net = nn.Sequential(
        nn.Linear(x.shape[1], 48), nn.ReLU(), nn.Dropout(0.2), nn.Linear(48, 32), nn.ReLU(), nn.Linear(32, 1)
    )
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    for _ in range(EPOCHS):
        for some in torch.randperm(len(rows)).split(BATCH):
            loss = F.binary_cross_entropy_with_logits(net(rows[some])[:, 0], same[some])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    weights = {n: p.detach().numpy() for n, p in zip(NAMES, net.parameters(), strict=True)}
    return {"mean": mean, "spread": spread, **weights}


def right_share(clips: Sequence[Clip]) -> float:
    """Mean share of a clip's notes that are on the track of their own part, tracks and parts paired at their best."""
    shares = []
    for clip in clips:
        parts = np.unique(clip.part)
        count = np.array([[(clip.part[g.rows] == p).sum() for g in groups(clip.who)] for p in parts])
        shares.append(count[linear_sum_assignment(-count)].sum() / len(clip.part))
    return float(np.mean(shares))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crops", type=Path)
    parser.add_argument("state", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--halves", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    clips = clips_of(args.crops, trained(args.state))
    if args.halves:
        learned, other = ([c for c in clips if c.number // HELD_OUT % 2 == k] for k in (0, 1))
        np.savez(args.out, **fit(learned))
        likeness.WEIGHTS = args.out
        print(len(learned), "clips learned from;", len(other), f"others: {right_share(other):.3f} of the notes right")
        return
    np.savez(args.out, **fit(clips))
    print(args.out, len(clips), "clips")


if __name__ == "__main__":
    main()
