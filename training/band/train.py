"""Train the second net: which onsets are notes, and who plays them; resumes from its last checkpoint.

    python -m training.band.train CROPS RUN --minutes 20 [--start STATE]

CROPS holds cache.py's files; new ones are taken in at every checkpoint. RUN/last.pt holds everything to go on,
RUN/log.csv the curve. --minutes is processor time of the whole schedule (one cosine), earlier sittings counted in.
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from training.band.families import FAMILIES
from training.band.net import Both, trained
from training.band.onsets import ONSETS, Item, Items, batch, view
from training.notes.train import follow

RATE = 3e-3
WEIGHTS = (0.3, 0.5, 0.3, 0.7, 1.0, 0.3)
"""Of the losses: real, family and contrast of the onset alone, then in company."""

FIGURES = ("alone", "note", "part", "recall", "real", "sure", "apart")
"""Of measure, in a line of the curve."""

CHECKPOINT_S = 75.0
"""Processor seconds between checkpoints."""


def alike(embedding: Tensor, part: Tensor) -> Tensor:
    """Notes of one part near, others of the same clip far."""
    me = torch.eye(len(part), dtype=torch.bool)
    clip = torch.div(part, 100, rounding_mode="floor")
    same_clip, same = (clip[:, None] == clip[None]) & ~me, (part[:, None] == part[None]) & ~me
    s = (embedding @ embedding.T / 0.15).masked_fill(~same_clip, -1e4)
    log = s - torch.logsumexp(s, 1, keepdim=True)
    mixed = same.any(1) & ((same_clip & ~same).sum(1) > 1)
    return -((log * same).sum(1) / same.sum(1).clamp(min=1))[mixed].mean() if mixed.any() else embedding.sum() * 0


def losses(net: Both, data: tuple[Tensor, ...], balance: Tensor) -> Tensor:
    """(6,) as WEIGHTS."""
    crops, pitch, real, family, part, when_s = data
    said, logits, embedding, sure, told, like = net(crops, pitch, when_s, len(pitch) // ONSETS)
    known = real > 0
    target = 0.95 * family[known] + 0.05 / len(FAMILIES)
    weight = (family[known] * balance).sum(1)

    def who(logits: Tensor) -> Tensor:
        loss = -(target * F.log_softmax(logits[known], 1)).sum(1)
        return (loss * weight).sum() / weight.sum()

    return torch.stack(
        [
            F.binary_cross_entropy_with_logits(said, real),
            who(logits),
            alike(embedding[known], part[known]),
            F.binary_cross_entropy_with_logits(sure, real),
            who(told),
            alike(like[known], part[known]),
        ]
    )


def answers(net: Both, item: Item) -> tuple[np.ndarray, ...]:
    """Log odds of a note, family logits and embeddings of all onsets, alone and then in company."""
    with torch.inference_mode():
        said = net(*view(item, np.arange(len(item.pitch))), torch.from_numpy(item.when_s), 1)
    return tuple(s.numpy() for s in said)


def measure(net: Both, items: list[Item]) -> dict[str, float | np.ndarray]:
    """Shares of notes and of parts (their notes' mean logits) that get their family; confusion; share of real told."""
    net.eval()
    n = len(FAMILIES)
    notes, parts, right, total, lone = np.zeros((n, n)), np.zeros((n, n)), np.zeros(2), 0, 0.0
    apart = []
    for item in items:
        real, alone, _, sure, logits, embedding = answers(net, item)
        right += np.array([((odds > 0) == item.real).sum() for odds in (real, sure)])
        total += len(real)
        for p in np.unique(item.part[item.part >= 0]):
            k = item.part == p
            truth = int(item.family[k].sum(0).argmax())
            np.add.at(notes[truth], logits[k].argmax(1), 1 / np.sqrt(k.sum()))
            lone += (alone[k].argmax(1) == truth).sum() / np.sqrt(k.sum())
            parts[truth, logits[k].mean(0).argmax()] += 1
        k = item.part >= 0
        e, p = embedding[k], item.part[k]
        if len(np.unique(p)) > 1:
            near = (e @ e.T - 2 * np.eye(len(e))).argmax(1)
            apart.append(np.mean(p[near] == p))
    recall = [c[i] / c.sum() for i, c in enumerate(parts) if c.sum() >= 2]
    return {
        "alone": lone / notes.sum(),
        "note": np.trace(notes) / notes.sum(),
        "part": np.trace(parts) / parts.sum(),
        "recall": float(np.mean(recall)),
        "real": right[0] / total,
        "sure": right[1] / total,
        "apart": float(np.mean(apart)),
        "parts": parts,
    }


def fit(args: argparse.Namespace) -> None:
    """Train until the schedule's end."""
    args.run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    items, net = Items(args.crops), Both(args.wide)
    if args.start:
        net.load_state_dict(trained(args.start).state_dict())
    average = copy.deepcopy(net).eval()
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.05)
    step, spent = 0, 0.0
    if (args.run / "last.pt").exists():
        saved = torch.load(args.run / "last.pt", weights_only=True)
        net.load_state_dict(saved["model"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent = saved["step"], saved["spent"]
    rng, due, running, balance = np.random.default_rng(step), spent + CHECKPOINT_S, None, None
    clock = time.process_time()
    print(
        len(items.train),
        "clips",
        sum(len(i.pitch) for i in items.train),
        "onsets",
        sum(p.numel() for p in net.parameters()),
        flush=True,
    )
    while True:
        now = time.process_time()
        spent, clock = spent + now - clock, now
        end = spent >= args.minutes * 60
        if spent >= due or end:
            due = spent + CHECKPOINT_S
            torch.save(
                {
                    "wide": args.wide,
                    "model": net.state_dict(),
                    "average": average.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "step": step,
                    "spent": spent,
                },
                args.run / "last.part",
            )
            (args.run / "last.part").rename(args.run / "last.pt")
            report(args, average, items, step, spent, running)
            items.refresh()
            if end:
                return
            clock = time.process_time()
        rate = (
            min(1.0, (step + 1) / 40) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, spent / (args.minutes * 60)))) + 0.002
        )
        for group in optimiser.param_groups:
            group["lr"] = args.rate * rate
        net.train()
        if balance is None or step % 100 == 0:
            balance = items.balance()
        parts = losses(net, batch(items.train, rng), balance)
        optimiser.zero_grad(set_to_none=True)
        (parts * torch.tensor(WEIGHTS)).sum().backward()
        optimiser.step()
        step += 1
        running = parts.detach() if running is None else running.lerp(parts.detach(), 0.02)
        decay = min(0.995, step / (step + 20))
        follow(average, net, decay)


def report(args: argparse.Namespace, net: Both, items: Items, step: int, spent: float, running: Tensor | None) -> None:
    """A line of the curve."""
    row: list[float] = [
        step,
        round(spent),
        len(items.train),
        *([round(float(v), 3) for v in running] if running is not None else []),
    ]
    for some in (items.held, items.strange, items.train[::25]):
        m = measure(net, some) if some else {}
        row += [round(float(m[k]), 3) for k in FIGURES] if m else [0.0] * len(FIGURES)
    append_row(args.run, row)


def append_row(run: Path, row: list[float]) -> None:
    """Write and print a line of the curve, RUN/log.csv."""
    with (run / "log.csv").open("a", newline="") as file:
        csv.writer(file).writerow(row)
    print(*row, flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crops", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--wide", type=int, default=96)
    parser.add_argument("--start", type=Path, help="a state to begin from, such as training/band/run/last.pt")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--threads", type=int, default=1)
    fit(parser.parse_args())


if __name__ == "__main__":
    main()
