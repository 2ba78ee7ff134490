"""Train the second net: which onsets are notes, and who plays them; resumes from its last checkpoint.

    python -m training.band.train CROPS RUN --minutes 20 [--wide 96]

CROPS holds cache.py's files; new ones are taken in at every checkpoint. RUN/last.pt holds everything to go on,
RUN/log.csv the curve. --minutes is processor time of the whole schedule (one cosine), earlier sittings counted in.
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.transcribers.band.crops import HARMONICS, HIDDEN, MAPS, STACK
from training.band.clips import HELD_OUT_FIRST
from training.band.families import FAMILIES
from training.band.net import Who

CLIPS, ONSETS = 28, 16
"""A batch: many clips with few onsets each, for onsets of a part are alike."""

HELD_OUT = 4
"""One clip in so many is only looked at; pairs.py learns from these."""

RATE = 3e-3
REAL, CONTRAST = 0.5, 0.3
"""Weights of the losses beside that of the family."""

LOST = 0.25
"""Share of the hidden layer's channels that an onset does without in training: at 0.08 parts that were trained on
reached .72 when parts of other clips stood at .39."""

CHECKPOINT_S = 75.0
"""Processor seconds between checkpoints."""

AT_HIDDEN = STACK + len(HARMONICS) + MAPS
AT_PLACE = AT_HIDDEN + HIDDEN
"""First rows of the hidden layer and of the place in a crop."""


@dataclass(slots=True)
class Item:
    """The onsets of one clip."""

    crops: np.ndarray
    pitch: np.ndarray
    real: np.ndarray
    family: np.ndarray
    part: np.ndarray


class Items:
    """All clips, read as they appear."""

    def __init__(self, folder: Path) -> None:
        """Read what is there."""
        self._folder, self._seen = folder, set()
        self.train: list[Item] = []
        self.held: list[Item] = []
        self.strange: list[Item] = []
        """Clips of sounds that training never uses."""
        self.refresh()

    def refresh(self) -> None:
        """Take in new files."""
        for path in sorted(set(self._folder.glob("[0-9]*.npz")) - self._seen):
            self._seen.add(path)
            with np.load(path) as z:
                item = Item(z["crops"], z["pitch"].astype(np.float32), z["real"], z["family"], z["part"])
            if len(item.pitch) < ONSETS:
                continue
            number = int(path.name[:5])
            (self.strange if number >= HELD_OUT_FIRST else self.train if number % HELD_OUT else self.held).append(item)

    def balance(self) -> Tensor:
        """(families,) weights that lift the rare ones."""
        count = sum(i.family.sum(0) for i in self.train)
        return torch.tensor((count / count.mean() + 0.1) ** -0.5, dtype=torch.float32)


def view(item: Item, pick: np.ndarray) -> tuple[Tensor, Tensor]:
    """The picked onsets as they are."""
    return torch.from_numpy(item.crops[pick].astype(np.float32)), torch.from_numpy(item.pitch[pick])


def altered(crops: Tensor, pitch: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """One clip's onsets, louder or softer, equalised, noisier, mirrored, moved, with lost harmonics and channels."""
    n = len(crops)
    stack = crops[:, :STACK].view(n, 2, len(HARMONICS), 3, -1)
    curve = rng.normal(0, 4 / 90) + np.cumsum(rng.normal(0, 2.2 / 90, len(HARMONICS)))
    stack = stack + torch.tensor(curve, dtype=torch.float32).view(1, 1, -1, 1, 1)
    floor = torch.tensor(rng.uniform(0, 0.25) + 0.04 * rng.normal(0, 1, stack.shape), dtype=torch.float32)
    lost = torch.rand(n, 1, len(HARMONICS), 1, 1) < 0.06
    lost[:, :, :2] = False
    stack = torch.where(lost, floor, torch.maximum(stack, floor))
    rest = crops[:, STACK:].clone()
    hidden = rest[:, AT_HIDDEN - STACK : AT_PLACE - STACK]
    hidden *= (1 + 0.1 * torch.randn(n, HIDDEN, 1)) * (torch.rand(n, HIDDEN, 1) > LOST) / (1 - LOST)
    place = rest[:, AT_PLACE - STACK :]
    if rng.random() < 0.5:
        place[:, 0::2] *= -1
    if rng.random() < 0.15:
        place *= 0
    out = torch.roll(torch.cat([stack.reshape(n, STACK, -1), rest], 1), int(rng.integers(-1, 2)), 2)
    return out, pitch + torch.randn(n) * 1.5


def batch(items: list[Item], rng: np.random.Generator) -> tuple[Tensor, ...]:
    """Crops, pitches, real, family shares and parts (clip * 100 + part; negative for none)."""
    views, real, family, part = [], [], [], []
    for number, k in enumerate(rng.choice(len(items), min(CLIPS, len(items)), replace=False)):
        item = items[k]
        pick = rng.choice(len(item.pitch), ONSETS, replace=False)
        views.append(altered(*view(item, pick), rng))
        real.append(item.real[pick])
        family.append(item.family[pick])
        part.append(np.where(item.part[pick] < 0, -1, item.part[pick] + 100 * number))
    return (
        torch.cat([v for v, _ in views]),
        torch.cat([p for _, p in views]),
        torch.from_numpy(np.concatenate(real)).float(),
        torch.from_numpy(np.concatenate(family)),
        torch.from_numpy(np.concatenate(part)),
    )


def alike(embedding: Tensor, part: Tensor) -> Tensor:
    """Notes of one part near, others of the same clip far."""
    me = torch.eye(len(part), dtype=torch.bool)
    clip = torch.div(part, 100, rounding_mode="floor")
    same_clip, same = (clip[:, None] == clip[None]) & ~me, (part[:, None] == part[None]) & ~me
    s = (embedding @ embedding.T / 0.15).masked_fill(~same_clip, -1e4)
    log = s - torch.logsumexp(s, 1, keepdim=True)
    mixed = same.any(1) & ((same_clip & ~same).sum(1) > 1)
    return -((log * same).sum(1) / same.sum(1).clamp(min=1))[mixed].mean() if mixed.any() else embedding.sum() * 0


def losses(net: Who, data: tuple[Tensor, ...], balance: Tensor) -> Tensor:
    """(3,): real, family, contrast."""
    crops, pitch, real, family, part = data
    said, logits, embedding = net(crops, pitch)
    known = real > 0
    target = 0.95 * family[known] + 0.05 / len(FAMILIES)
    weight = (family[known] * balance).sum(1)
    who = -(target * F.log_softmax(logits[known], 1)).sum(1)
    return torch.stack(
        [
            F.binary_cross_entropy_with_logits(said, real),
            (who * weight).sum() / weight.sum(),
            alike(embedding[known], part[known]),
        ]
    )


def answers(net: Who, item: Item) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability of a note, family logits and embeddings of all onsets."""
    with torch.inference_mode():
        real, family, embedding = net(*view(item, np.arange(len(item.pitch))))
    return torch.sigmoid(real).numpy(), family.numpy(), embedding.numpy()


def measure(net: Who, items: list[Item]) -> dict[str, float | np.ndarray]:
    """Shares of notes and of parts (their notes' mean logits) that get their family; confusion; share of real told."""
    net.eval()
    n = len(FAMILIES)
    notes, parts, right, total = np.zeros((n, n)), np.zeros((n, n)), 0.0, 0
    apart = []
    for item in items:
        real, logits, embedding = answers(net, item)
        right, total = right + ((real > 0.5) == item.real).sum(), total + len(real)
        for p in np.unique(item.part[item.part >= 0]):
            k = item.part == p
            truth = int(item.family[k].sum(0).argmax())
            np.add.at(notes[truth], logits[k].argmax(1), 1 / np.sqrt(k.sum()))
            parts[truth, logits[k].mean(0).argmax()] += 1
        k = item.part >= 0
        e, p = embedding[k], item.part[k]
        if len(np.unique(p)) > 1:
            near = (e @ e.T - 2 * np.eye(len(e))).argmax(1)
            apart.append(np.mean(p[near] == p))
    recall = [c[i] / c.sum() for i, c in enumerate(parts) if c.sum() >= 2]
    return {
        "note": np.trace(notes) / notes.sum(),
        "part": np.trace(parts) / parts.sum(),
        "recall": float(np.mean(recall)),
        "real": right / total,
        "apart": float(np.mean(apart)),
        "parts": parts,
    }


def fit(args: argparse.Namespace) -> None:
    """Train until the schedule's end."""
    args.run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    items, net = Items(args.crops), Who(args.wide)
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
            group["lr"] = RATE * rate
        net.train()
        if balance is None or step % 100 == 0:
            balance = items.balance()
        parts = losses(net, batch(items.train, rng), balance)
        optimiser.zero_grad(set_to_none=True)
        (parts * torch.tensor([REAL, 1.0, CONTRAST])).sum().backward()
        optimiser.step()
        step += 1
        running = parts.detach() if running is None else running.lerp(parts.detach(), 0.02)
        decay = min(0.995, step / (step + 20))
        with torch.no_grad():
            for mean, value in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
                mean.lerp_(value, 1 - decay) if mean.is_floating_point() else mean.copy_(value)


def report(args: argparse.Namespace, net: Who, items: Items, step: int, spent: float, running: Tensor | None) -> None:
    """A line of the curve."""
    row: list[float] = [
        step,
        round(spent),
        len(items.train),
        *([round(float(v), 3) for v in running] if running is not None else []),
    ]
    for some in (items.held, items.strange, items.train[::25]):
        m = measure(net, some) if some else {}
        row += [round(float(m[k]), 3) for k in ("note", "part", "recall", "real", "apart")] if m else [0.0] * 5
    with (args.run / "log.csv").open("a", newline="") as file:
        csv.writer(file).writerow(row)
    print(*row, flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crops", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--wide", type=int, default=96)
    parser.add_argument("--threads", type=int, default=1)
    fit(parser.parse_args())


if __name__ == "__main__":
    main()
