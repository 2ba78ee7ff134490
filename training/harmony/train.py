"""Train the chord network: one small perceptron, asked about each of the twelve roots in turn.

    python -m training.harmony.train bridge/data/chords.npz --corpus CORPUS.npz --made 600 --cpu-minutes 3

Inputs are notes as an engine would hear them, with its errors; so it learns what to pass over.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.music.harmony import NAMES
from bridge.score.harmony.evidence import STACK, layers
from training.beat.corpus import read_songs
from training.beat.hear import _misheard
from training.harmony.songs import Harmonised, label_index, made, of_mma
from training.notes.accompany import grooves

INPUTS = len(STACK) * 12
BEAT_S = 0.5
"""Seconds of a beat where errors are put in; they are the same at all tempi."""
NO_CHORD_SHARE = 0.04
"""Of the beats whose notes are taken away or put at random, to learn what no chord is."""


def heard(item: Harmonised, rng: np.random.Generator) -> np.ndarray:
    """(notes, 4) in beats, as heard."""
    notes, kinds = item.song.notes, np.array(item.song.kinds)
    part = notes[:, 4].astype(int)
    gone = rng.random(len(kinds)) < rng.choice([0.0, 0.0, 0.2, 0.4])
    rows = []
    for kind in ("bass", "other"):
        mask = (kinds[part] == kind) & ~gone[part]
        s = _misheard(kind, notes[mask, 0] * BEAT_S, (notes[mask, 0] + notes[mask, 1]) * BEAT_S, notes[mask], rng)
        keep = s.onset_s < (len(item.chords) + 1) * BEAT_S
        rows.append(np.stack([s.onset_s, s.offset_s, s.pitch, s.velocity], 1)[keep])
    result = np.concatenate(rows)
    result[:, :2] /= BEAT_S
    return result


def beats_of(item: Harmonised, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(beats, INPUTS) evidence and (beats,) labels; the class after all chords is none at all."""
    notes = heard(item, rng)
    count = len(item.chords)
    evidence = layers(notes, np.arange(count + 1, dtype=float))
    labels = np.array([label_index(c) for c in item.chords])
    none = rng.random(count) < NO_CHORD_SHARE
    scale = np.where(rng.random(count) < 0.5, 0.0, 0.05)
    noise = rng.random(evidence.shape) * scale[:, None, None]
    evidence = np.where(none[:, None, None], noise, evidence)
    labels = np.where(none, 12 * len(NAMES), labels)
    # A beat at which nothing was left says nothing about its label.
    labels[(evidence.sum((1, 2)) < 0.1) & ~none] = -1
    keep = labels >= 0
    return evidence[keep].astype(np.float32), labels[keep]


class ChordNet(nn.Module):
    """Evidence (beats, layers, 12) to logits (beats, 12 * qualities + 1): the same perceptron for every root."""

    def __init__(self, hidden: int = 96) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(INPUTS, hidden), nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, len(NAMES) + 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        turned = torch.stack([torch.roll(x, -root, 2).flatten(1) for root in range(12)], 1)
        y = self.last(F.relu(self.second(F.relu(self.first(turned)))))
        return torch.cat([y[..., :-1].flatten(1), y[..., -1].mean(1, keepdim=True)], 1)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--made", type=int, default=600)
    parser.add_argument("--takes", type=int, default=2, help="how often each song is heard, with other errors")
    parser.add_argument("--cpu-minutes", type=float, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng, names = np.random.default_rng(1), grooves()
    songs = [s for s in read_songs(args.corpus) if s.name.isdigit()]
    items = [i for s in songs if (i := of_mma(s, names)) is not None] + [made(n) for n in range(args.made)]
    items = [i for i in items if {"bass", "other"} & set(i.song.kinds)]
    print(len(items), "songs", flush=True)
    pieces = [beats_of(item, rng) for item in items for _ in range(args.takes)]
    evidence, labels = (np.concatenate(p) for p in zip(*pieces, strict=True))
    print(len(labels), "beats", flush=True)
    model = ChordNet()
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.01)
    begun, step, running = time.process_time(), 0, []
    while (done := (time.process_time() - begun) / 60 / args.cpu_minutes) < 1:
        chosen = rng.integers(0, len(labels), 512)
        for group in optimiser.param_groups:
            group["lr"] = 4e-3 * 0.5 * (1 + np.cos(np.pi * done)) * min(1, (step + 1) / 50)
        logits = model(torch.from_numpy(evidence[chosen]))
        loss = F.cross_entropy(logits, torch.from_numpy(labels[chosen]), label_smoothing=0.02)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        running.append((float(loss.detach()), float((logits.argmax(1).numpy() == labels[chosen]).mean())))
        if step % 100 == 0:
            print(step, f"{done:.2f}", np.mean(running, 0).round(3), flush=True)
            running = []
            save(model, args.out)
    save(model, args.out)


def save(model: ChordNet, path: Path) -> None:
    """The weights as plain arrays."""
    arrays = {k.replace(".", "_"): v.numpy().astype(np.float32) for k, v in model.state_dict().items()}
    np.savez_compressed(path, **arrays)


if __name__ == "__main__":
    main()
