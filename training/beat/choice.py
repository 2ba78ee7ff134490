"""Train the choice of the beat: which reading of which pulse.

    python -m training.beat.choice candidates EXCERPTS.npz CANDIDATES.npz [--count 5000]
    python -m training.beat.choice fit bridge/data/choice.npz EXCERPTS.npz:CANDIDATES.npz ... [--epochs 8]

The candidates are what the product itself finds in each excerpt, with mir_eval's F of each. All of one excerpt are
compared (softmax), with "none of them" as one more, so that the odds are calibrated.
"""

from __future__ import annotations

import argparse
import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.score.beat.choice import AHEAD, HALF, KERNEL, LAGS, PLACES, REACH, SCALARS, frames_of, scalars_of, summed
from bridge.score.beat.features import CHANNELS, RATE_HZ
from bridge.score.beat.pulse_net import hear_beats, stacked
from bridge.score.beat.pulses import candidates_of, pulses_of_net, pulses_of_onsets
from training.beat.excerpts import FRAMES, LEVELS, Excerpts, load
from training.beat.weights import save_weights

WIDTH, HIDDEN = 64, 80
SEEN = (CHANNELS + 2) * len(PLACES)
RIGHT_F, FAIR_F = 0.95, 0.85
"""F of a candidate that is right, and of the best where it is not quite."""
SAME_F = 0.02
SOFT = 0.08
"""Temperature of F in the second loss, which tells the bad from the worse."""
SOFT_SHARE = 0.3
WRONG_KEPT = 20
BATCH = 12
RATE = 2e-3
STEPS_AVERAGED = 300
"""Steps over which the weights are averaged, about."""
KEPT = 600
"""Excerpts at the end that tell how well it is learned."""


def f_measure(truth: np.ndarray, beats: np.ndarray) -> float:
    """F within 70 ms, each beat counted once."""
    beats = beats[(beats > truth[0] - 0.3) & (beats < truth[-1] + 0.3)]
    if not len(beats):
        return 0.0
    i = j = hits = 0
    while i < len(truth) and j < len(beats):
        off = beats[j] - truth[i]
        if abs(off) <= 0.07:
            hits, i, j = hits + 1, i + 1, j + 1
        elif off < 0:
            j += 1
        else:
            i += 1
    return 2.0 * hits / (len(truth) + len(beats))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates of many excerpts, one after the other."""

    frames: np.ndarray
    """(beats of all, places)"""
    ends: np.ndarray
    """(candidates,) where each one's beats end in ``frames``."""
    scalars: np.ndarray
    f: np.ndarray
    last: np.ndarray
    """(excerpts,) where each one's candidates end."""
    heard: np.ndarray
    """(excerpts, 2, frames) what the network heard, in :data:`LEVELS`."""


def find(data: Excerpts, count: int) -> Candidates:
    """The candidates of the first excerpts."""
    frames, scalars, f, last = list[np.ndarray](), list[np.ndarray](), list[float](), list[int]()
    said = np.zeros((count, 2, FRAMES), np.uint8)
    for row in range(count):
        size = int(data.frames[row])
        curves = data.curves[row, :, :size] / LEVELS
        onsets, accents = data.onsets[row, :, :size].astype(np.float64)
        truth = data.beats[row][~np.isnan(data.beats[row])].astype(np.float64)
        heard = hear_beats(curves)
        said[row, 0, :size], said[row, 1, :size] = heard.beat * LEVELS, heard.bar * LEVELS
        length_s, sums = size / RATE_HZ, summed(stacked(curves, heard))
        pulses = pulses_of_onsets(onsets, accents, length_s) + pulses_of_net(heard, onsets, length_s)
        for found in candidates_of(pulses):
            frames.append(frames_of(found.beats, size).astype(np.int16))
            scalars.append(scalars_of(found, sums, heard).astype(np.float16))
            f.append(f_measure(truth, found.beats))
        last.append(len(f))
        if row % 500 == 499:
            print(row + 1, len(f), flush=True)
    ends = np.cumsum([len(x) for x in frames])
    return Candidates(np.concatenate(frames), ends, np.stack(scalars), np.array(f), np.array(last), said)


class Choice(nn.Module):
    """The product's network (bridge/score/beat/choice.py), for many candidates at once."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(SEEN, WIDTH, KERNEL)
        self.second = nn.Conv1d(WIDTH, WIDTH, 3, dilation=AHEAD)
        channels = CHANNELS + 2
        self.hidden = nn.Linear(SEEN + channels * 2 * len(LAGS) + 3 * WIDTH + SCALARS, HIDDEN)
        self.out = nn.Linear(HIDDEN, 1)

    def forward(self, values: torch.Tensor, owner: torch.Tensor, left: torch.Tensor,
                scalars: torch.Tensor) -> torch.Tensor:  # fmt: skip
        """(candidates,) odds.

        Args:
            values: (beats, channels, places) of all candidates, one after the other.
            owner: (beats,) the candidate of each.
            left: (beats,) how many beats of the same candidate follow.
            scalars: (candidates, SCALARS)
        """
        count = len(scalars)
        flat = values.reshape(len(values), -1)

        def mean(rows: torch.Tensor, reach: int) -> torch.Tensor:
            kept = (left >= reach).float()
            total = torch.zeros(count, rows.shape[1]).index_add(0, owner, rows * kept[:, None])
            return total / torch.zeros(count).index_add(0, owner, kept).clamp(min=1)[:, None]

        rows = F.dropout(flat, 0.05, self.training)
        first = torch.relu(self.first(F.pad(rows.T[None], (0, KERNEL - 1))))
        second = torch.relu(self.second(F.pad(first, (0, 2 * AHEAD))))[0].T
        again = []
        for p in (0, HALF):
            v = values[:, :, p]
            power = torch.zeros(count, v.shape[1]).index_add(0, owner, v * v) + 0.5
            for lag in LAGS:
                both = torch.zeros_like(v)
                both[:-lag] = v[lag:] * v[:-lag]
                both = both * (left >= lag).float()[:, None]
                again.append(torch.zeros(count, v.shape[1]).index_add(0, owner, both) / power)
        spread = torch.sqrt(mean(second**2, REACH) + 1e-6)
        seen = torch.cat([mean(flat, 0), *again, mean(first[0].T, KERNEL - 1), mean(second, REACH), spread, scalars], 1)
        hidden = torch.relu(self.hidden(F.dropout(seen, 0.15, self.training)))
        return self.out(F.dropout(hidden, 0.25, self.training))[:, 0]


@dataclass(frozen=True, slots=True)
class Set:
    """Excerpts with their candidates."""

    curves: np.ndarray
    found: Candidates

    def odds(self, model: Choice, rows: np.ndarray, rng: np.random.Generator | None) -> list[tuple[torch.Tensor, ...]]:
        """(odds, corrections, F) of the candidates of some excerpts; of some of them in training."""
        at, owner, left, scalars, sizes, moved, truths = [], [], [], [], [], [], []
        number = 0
        for k, row in enumerate(rows):
            low = self.found.last[row - 1] if row else 0
            own = np.arange(low, self.found.last[row])
            f = self.found.f[own]
            shift = np.zeros(len(own))
            if rng is not None:
                good = (f >= min(RIGHT_F, f.max() - SAME_F)) if len(f) else np.zeros(0, bool)
                wrong = rng.permutation(np.flatnonzero(~good))
                kept = np.concatenate([np.flatnonzero(good), wrong[:WRONG_KEPT]])
                shift[wrong] = np.log(max(1.0, len(wrong) / WRONG_KEPT))
                own, f, shift = own[kept], f[kept], shift[kept]
            for c in own:
                start, end = (self.found.ends[c - 1] if c else 0), self.found.ends[c]
                at.append(self.found.frames[start:end].astype(np.int64) + k * FRAMES)
                owner.append(np.full(end - start, number))
                left.append(np.arange(end - start - 1, -1, -1))
                number += 1
            scalars.append(self.found.scalars[own].astype(np.float32))
            sizes.append(len(own))
            moved.append(shift)
            truths.append(f)
        curves = np.concatenate([self.curves[rows], self.found.heard[rows]], 1).astype(np.float32) / LEVELS
        if rng is not None:
            gain = np.exp(rng.normal(0, 0.12, curves.shape[:2])) * (rng.random(curves.shape[:2]) > 0.015)
            curves *= gain[:, :, None].astype(np.float32)
        flat = torch.from_numpy(curves.transpose(1, 0, 2).reshape(curves.shape[1], -1))
        values = flat[:, torch.from_numpy(np.concatenate(at))].permute(1, 0, 2)
        said = model(values, *(torch.from_numpy(np.concatenate(x)) for x in (owner, left, scalars)))
        return [
            (o, torch.from_numpy(m).float(), torch.from_numpy(f).float())
            for o, m, f in zip(said.split(sizes), moved, truths, strict=True)
        ]


def loss_of(odds: torch.Tensor, shift: torch.Tensor, f: torch.Tensor) -> torch.Tensor:
    """How far the choice is from the right one of an excerpt."""
    every = F.log_softmax(torch.cat([odds + shift, torch.zeros(1)]), 0)
    best = float(f.max()) if len(f) else 0.0
    if best >= FAIR_F:
        right = f >= min(RIGHT_F, best - SAME_F)
        sure = 1.0 if best >= RIGHT_F else (best - FAIR_F) / (RIGHT_F - FAIR_F)
        loss = -sure * torch.logsumexp(every[:-1][right], 0) - (1 - sure) * every[-1]
    else:
        loss = -every[-1]
    if len(f):
        soft = F.softmax(f / SOFT + shift, 0)
        loss = loss - SOFT_SHARE * (soft * F.log_softmax(odds + shift, 0)).sum()
    return loss


def measure(model: Choice, data: Set, rows: np.ndarray) -> None:
    """Print how right the best candidate is, and the best there is."""
    model.eval()
    figures, said = [], []
    with torch.no_grad():
        for a in range(0, len(rows), BATCH):
            for odds, shift, f in data.odds(model, rows[a : a + BATCH], None):
                if not len(f):
                    figures.append((0.0, 0.0, 3.0))
                    said.append(0.0)
                    continue
                chosen = float(f[odds.argmax()])
                figures.append((chosen, float(f.max()), float(loss_of(odds, shift, f))))
                said.append(float(F.softmax(torch.cat([odds, torch.zeros(1)]), 0)[:-1].max()))
    chosen, best, loss = np.array(figures).T
    print(f"kept: F {chosen.mean():.4f}, above .95 {np.mean(chosen > 0.95):.3f}; best there is {best.mean():.4f}, "
          f"{np.mean(best > 0.95):.3f}; loss {loss.mean():.4f}", flush=True)  # fmt: skip
    model.train()


def averaged_into(mean: Choice, model: Choice, step: int) -> None:
    """Move the mean weights a little towards those of now."""
    with torch.no_grad():
        for own, new in zip(mean.parameters(), model.parameters(), strict=True):
            own.lerp_(new, max(1 / STEPS_AVERAGED, 1 / (step + 1)))


def fit(out: Path, pairs: list[str], epochs: int, start: Path | None, rate: float = RATE) -> None:
    """Train and write the weights; begin with those of ``start``, at half the rate."""
    rng, curves, found = np.random.default_rng(0), [], []
    for pair in pairs:
        excerpts, candidates = pair.split(":")
        with np.load(candidates, allow_pickle=False) as file:
            found.append(Candidates(*(file[n] for n in Candidates.__slots__)))
        curves.append(load([Path(excerpts)]).curves[: len(found[-1].last)])
    sets = [Set(c, f) for c, f in zip(curves, found, strict=True)]
    numbers = [(s, r) for s in range(len(sets)) for r in range(len(sets[s].found.last) - (KEPT if s == 0 else 0))]
    model = Choice()
    if start is not None:
        with np.load(start, allow_pickle=False) as file:
            model.load_state_dict({n: torch.from_numpy(file[n.replace(".", "_")]).float() for n in model.state_dict()})
    rate = rate if start is None else rate / 2
    held = np.arange(len(sets[0].found.last) - KEPT, len(sets[0].found.last))
    mean = copy.deepcopy(model)
    total, step = epochs * (len(numbers) // BATCH), 0
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.02)
    for epoch in range(epochs):
        seen = []
        order = {s: rng.permutation([r for t, r in numbers if t == s]) for s in range(len(sets))}
        batches = [(s, o[a : a + BATCH]) for s, o in order.items() for a in range(0, len(o) - BATCH + 1, BATCH)]
        for k in rng.permutation(len(batches)):
            s, rows = batches[k]
            for group in optimiser.param_groups:
                group["lr"] = rate * min(1.0, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * step / total)) + 1e-6
            loss = torch.stack([loss_of(*o) for o in sets[s].odds(model, rows, rng)]).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            averaged_into(mean, model, step)
            seen.append(float(loss.detach()))
            step += 1
        print(f"epoch {epoch}: {np.mean(seen):.4f}", flush=True)
        measure(mean, sets[0], held)
        save_weights(mean, out)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    finding = actions.add_parser("candidates")
    finding.add_argument("excerpts", type=Path)
    finding.add_argument("out", type=Path)
    finding.add_argument("--count", type=int, default=5000)
    train = actions.add_parser("fit")
    train.add_argument("out", type=Path)
    train.add_argument("pairs", nargs="+")
    train.add_argument("--epochs", type=int, default=8)
    train.add_argument("--start", type=Path)
    train.add_argument("--rate", type=float, default=RATE)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if args.action == "candidates":
        found = find(load([args.excerpts]), args.count)
        np.savez(args.out, **{n: getattr(found, n) for n in Candidates.__slots__})
    else:
        fit(args.out, args.pairs, args.epochs, args.start, args.rate)


if __name__ == "__main__":
    main()
