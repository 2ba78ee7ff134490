"""Train the two perceptrons of the beat: which reading of a pulse is the beat, and which beats begin a bar.

    python -m training.beat.train examples CORPUS.npz EXAMPLES.npz --count 2000 [--seed 0]
    python -m training.beat.train fit bridge/data/beat.npz EXAMPLES.npz ... [--epochs 30]

Examples are excerpts as the engines would have heard them (training/beat/hear.py). For the first task the true beats
are turned into a pulse that a tracker might have found instead: twice as fast, half a beat late, in triplets.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.score.beat.reading import (
    BAR_INPUTS,
    RATIOS,
    READING_INPUTS,
    Reading,
    readings,
    seen,
    seen_in_bars,
    smeared,
)
from training.beat.corpus import read_songs
from training.beat.hear import Example, example
from training.beat.songs import Song

SHARES = {"made": 0.5, "mma": 0.35, "openmsx": 0.15}
"""Of the examples by the source of their song."""
PULSES_BPM = (44.0, 215.0)
"""Tempi of the pulses that the tracker finds."""
JITTER_S = 0.006
MIN_BEATS = 12
BEATS_KEPT = 24
"""Of each example, at random, for the second task."""
MAX_READINGS = 48
HIDDEN = {"reading": 64, "bar": 64}


def source(song: Song) -> str:
    """Where a song is from."""
    return "made" if song.name.startswith("made") else "mma" if song.name.isdigit() else "openmsx"


def misread(beats: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, Reading] | None:
    """A pulse that a tracker might find instead of the beats, and the reading of it that gives them back."""
    period_s = float(np.median(np.diff(beats)))
    chances = {r: 4.0 if r == 1 else 2.0 if r in (0.5, 2.0) else 1.0 for r in RATIOS
               if PULSES_BPM[0] <= 60 * r / period_s <= PULSES_BPM[1]}  # fmt: skip
    if not chances:
        return None
    ratios = list(chances)
    ratio = ratios[rng.choice(len(ratios), p=np.array(list(chances.values())) / sum(chances.values()))]
    phases = RATIOS[ratio]
    phase = 0.0 if rng.random() < 0.5 else float(rng.choice(phases))
    places = np.arange(-phase / ratio, len(beats) - 1, 1 / ratio)
    pulse = np.interp(places, np.arange(len(beats)), beats)
    early = places < 0
    pulse[early] = beats[0] + places[early] * period_s
    return pulse + rng.normal(0, JITTER_S, len(pulse)), Reading(ratio, phase)


def rows_of(heard: Example, rng: np.random.Generator) -> tuple[np.ndarray, int, np.ndarray, np.ndarray] | None:
    """Inputs of all readings with the right one, and inputs and labels of some beats."""
    beats = heard.beat_times_s
    if len(beats) < MIN_BEATS or not len(heard.downbeat_times_s):
        return None
    made = misread(beats, rng)
    if made is None:
        return None
    pulse, right = made
    every = readings(pulse)
    if right not in every:
        return None
    curves = smeared(heard.curves)
    inputs = np.stack([seen(curves, r.beats(pulse)) for r in every])
    shaken = beats + rng.normal(0, JITTER_S / 2, len(beats))
    bars = seen_in_bars(curves, shaken)
    first = np.abs(beats[:, None] - heard.downbeat_times_s[None, :]).min(1) < 0.03
    kept = rng.permutation(len(beats))[:BEATS_KEPT]
    return inputs, every.index(right), bars[kept], first[kept]


def make_examples(corpus: Path, out: Path, count: int, seed: int) -> None:
    """Write the inputs of both tasks."""
    songs: dict[str, list[Song]] = {name: [] for name in SHARES}
    for song in read_songs(corpus):
        songs[source(song)].append(song)
    rng = np.random.default_rng(seed)
    names, shares = list(SHARES), np.array(list(SHARES.values()))
    all_readings = np.zeros((count, MAX_READINGS, READING_INPUTS), np.float16)
    sizes, rights, bars, firsts = [], [], [], []
    while len(sizes) < count:
        name = str(rng.choice(names, p=shares))
        rows = rows_of(example(songs[name][rng.integers(len(songs[name]))], rng), rng)
        if rows is None:
            continue
        inputs, right, own, first = rows
        all_readings[len(sizes), : len(inputs)] = inputs
        sizes.append(len(inputs))
        rights.append(right)
        bars.append(own.astype(np.float16))
        firsts.append(first)
    np.savez(out, readings=all_readings, sizes=sizes, rights=rights,
             bars=np.concatenate(bars), firsts=np.concatenate(firsts))  # fmt: skip


def perceptron(inputs: int, hidden: int) -> nn.Sequential:
    """One hidden layer, one output."""
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(0.15), nn.Linear(hidden, 1))


def fit(out: Path, files: list[Path], epochs: int) -> None:
    """Train both and write their weights."""
    data = [np.load(f, allow_pickle=False) for f in files]
    sizes, rights = (torch.from_numpy(np.concatenate([d[n] for d in data])) for n in ("sizes", "rights"))
    inputs = torch.from_numpy(np.concatenate([d["readings"] for d in data]))
    masked = torch.arange(MAX_READINGS)[None, :] >= sizes[:, None]
    reading = perceptron(READING_INPUTS, HIDDEN["reading"])

    def reading_loss(chosen: torch.Tensor) -> tuple[torch.Tensor, float]:
        logits = reading(inputs[chosen].float())[..., 0].masked_fill(masked[chosen], -1e4)
        right = rights[chosen]
        return F.cross_entropy(logits, right), float((logits.argmax(1) == right).float().mean())

    _trained("reading", reading, len(rights), 48, epochs, reading_loss)
    bars = torch.from_numpy(np.concatenate([d["bars"] for d in data]))
    firsts = torch.from_numpy(np.concatenate([d["firsts"] for d in data])).float()
    bar = perceptron(BAR_INPUTS, HIDDEN["bar"])

    def bar_loss(chosen: torch.Tensor) -> tuple[torch.Tensor, float]:
        logits = bar(bars[chosen].float())[:, 0]
        loss = F.binary_cross_entropy_with_logits(logits, firsts[chosen])
        return loss, float(((logits > 0) == (firsts[chosen] > 0.5)).float().mean())

    _trained("bar", bar, len(firsts), 512, max(2, epochs // 3), bar_loss)
    arrays = {}
    for name, model in (("reading", reading), ("bar", bar)):
        for layer, module in (("first", model[0]), ("last", model[3])):
            arrays[f"{name}_{layer}_weight"] = module.weight.detach().numpy().astype(np.float32)
            arrays[f"{name}_{layer}_bias"] = module.bias.detach().numpy().astype(np.float32)
    np.savez_compressed(out, **arrays)


def _trained(name: str, model: nn.Module, count: int, batch: int, epochs: int, loss_of) -> None:
    """Train with AdamW on nine tenths, and print how the last tenth is read."""
    held = count - count // 10
    steps, optimiser = epochs * (held // batch), torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    model.train()
    for _ in range(steps):
        loss, _ = loss_of(torch.randint(0, held, (batch,)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        seen_all, kept = (loss_of(torch.arange(a, b)) for a, b in ((0, min(held, 2000)), (held, count)))
    print(f"{name}: trained on loss {seen_all[0]:.3f} right {seen_all[1]:.3f}; kept {kept[0]:.3f} {kept[1]:.3f}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    make = actions.add_parser("examples")
    make.add_argument("corpus", type=Path)
    make.add_argument("out", type=Path)
    make.add_argument("--count", type=int, default=2000)
    make.add_argument("--seed", type=int, default=0)
    train = actions.add_parser("fit")
    train.add_argument("out", type=Path)
    train.add_argument("examples", type=Path, nargs="+")
    train.add_argument("--epochs", type=int, default=30)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if args.action == "examples":
        make_examples(args.corpus, args.out, args.count, args.seed)
    else:
        fit(args.out, args.examples, args.epochs)


if __name__ == "__main__":
    main()
