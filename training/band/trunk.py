"""Teach the first net mixes and timbre: its notes on whole bands, and from its open layer the family of each note.

    python -m training.band.trunk ITEMS RUN --start training/notes/run/last.pt --minutes 60

ITEMS holds clips.py's files; new ones are taken in at every checkpoint. Two more heads look at the layer that the
second net will see, the family and a vector that is alike for notes of one part; they are for training alone.
RUN/last.pt holds everything to go on, RUN/log.csv the curve; --minutes is processor time of the whole schedule.
--start is a state of the note net or one of this module's, whose heads are taken over.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.note_maps.features import FPS
from training.band.families import FAMILIES
from training.band.net import opened
from training.band.onsets import Split
from training.band.train import alike, append_row
from training.notes.export import mean_of
from training.notes.model import LOW, ROLES, NoteNet
from training.notes.muon import Muon
from training.notes.train import WEIGHTS, Item, crop_at, follow, losses

CROP, BATCH = 512, 4
"""Frames of 11.6 ms, and crops of a step."""

KERNEL_RATE, OTHER_RATE = 0.006, 1e-3
"""Peak learning rates, a third of those that the net was made with: it keeps what it knows."""

FAMILY, CONTRAST = 3.0, 1.0
"""Weights of both new losses: about as much together as the losses of the notes."""

DRAWN, AFTER = 48, 3
"""Notes of a crop whose vectors are compared, and how many half frames after the onset they are read."""

BODY = 26
"""Half frames of a note, from its onset, that tell its family: as much as the second net will see."""

CHECKPOINT_S = 240.0
"""Processor seconds between checkpoints."""


class Timbre(nn.Module):
    """The note net with two heads on the open layer."""

    def __init__(self, net: NoteNet) -> None:
        super().__init__()
        channels = net.config["channels"]
        self.net = net
        self.family = nn.Conv2d(channels, len(FAMILIES), 1)
        self.vector = nn.Conv2d(channels, 24, 1)

    def forward(self, x: Tensor, role: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of the notes (batch, 4, time, 88), of the families and vectors (batch, n, time / 2, 88)."""
        logits, hidden = opened(self.net, x, role)
        return logits, self.family(hidden).float(), self.vector(hidden).float()


def read_clip(path: Path) -> Item:
    """A file of clips.py."""
    with np.load(path) as z:
        return Item(z["mid"], min(int(z["role"]), len(ROLES) - 1), z["notes"])


def crop_with_labels(item: Item, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, note maps and rows (onset, end in half frames, key, family, part) of a random crop, augmented."""
    first = int(rng.integers(0, len(item.features) - CROP))
    moved = int(rng.integers(-3, 4)) if rng.random() < 0.6 else 0
    x, y = crop_at(Item(item.features, item.role, item.notes[:, :4]), CROP, first, moved, rng)
    notes = item.notes
    rows = np.stack(
        [
            (notes[:, 0] * FPS - first) / 2,
            (notes[:, 1] * FPS - first) / 2,
            notes[:, 2] - LOW + moved,
            notes[:, 5],
            notes[:, 6],
        ],
        1,
    )
    inside = (rows[:, 1] > 0) & (rows[:, 0] < CROP / 2) & (rows[:, 2] >= 0) & (rows[:, 2] < 88)
    return x, y, rows[inside]


def family_map(rows: np.ndarray) -> np.ndarray:
    """(families, CROP / 2, 88): how many notes of each family sound in a cell."""
    out = np.zeros((len(FAMILIES), CROP // 2, 88), np.float32)
    for onset, end, key, family, _ in rows:
        a = max(0, round(onset))
        out[int(family), a : min(max(a + 1, round(end)), round(onset) + BODY), int(key)] += 1
    return out


def batch(items: list[Item], rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor, list[np.ndarray]]:
    """Features, role one-hot, note maps, family maps and rows of one crop of each item."""
    made = [crop_with_labels(i, rng) for i in items]
    role = np.eye(len(ROLES), dtype=np.float32)[[i.role for i in items]]
    return (
        torch.from_numpy(np.stack([m[0] for m in made])),
        torch.from_numpy(role),
        torch.from_numpy(np.stack([m[1] for m in made])),
        torch.from_numpy(np.stack([family_map(m[2]) for m in made])),
        [m[2] for m in made],
    )


def family_loss(logits: Tensor, truth: Tensor, balance: Tensor) -> Tensor:
    """Cross entropy where notes sound, rare families lifted."""
    total = truth.sum(1, keepdim=True)
    share = truth / total.clamp(min=1)
    weight = (share * balance.view(1, -1, 1, 1)).sum(1)
    each = -(share * F.log_softmax(logits, 1)).sum(1)
    return (each * weight).sum() / weight.sum().clamp(min=1)


def vector_loss(vectors: Tensor, rows: list[np.ndarray], rng: np.random.Generator) -> Tensor:
    """Notes of one part near, others of the same crop far."""
    found, parts = [], []
    for number, some in enumerate(rows):
        some = some[(some[:, 0] >= 0) & (some[:, 0] + AFTER < CROP // 2 - 1)]
        some = some[rng.permutation(len(some))[:DRAWN]]
        if len(some) < 2:
            continue
        at = torch.from_numpy(np.round(some[:, 0]).astype(np.int64) + AFTER)
        found.append(vectors[number][:, at, torch.from_numpy(some[:, 2].astype(np.int64))].T)
        parts.append(torch.from_numpy(some[:, 4].astype(np.int64)) + 100 * number)
    if not found:
        return vectors.sum() * 0
    return alike(F.normalize(torch.cat(found), dim=1), torch.cat(parts))


def balance_of(items: list[Item]) -> Tensor:
    """(families,) weights that lift the rare ones."""
    count = sum(np.bincount(i.notes[:, 5].astype(int), minlength=len(FAMILIES)) for i in items)
    return torch.tensor((count / count.mean() + 0.1) ** -0.5, dtype=torch.float32)


def measure(net: Timbre, items: list[Item], balance: Tensor, count: int = 40) -> list[float]:
    """Losses of the notes and the share of sounding cells whose family is right, on fixed crops."""
    rng, total, right, cells = np.random.default_rng(1), [], 0.0, 0.0
    net.eval()
    for start in range(0, min(count, len(items)), BATCH):
        x, role, y, truth, _ = batch(items[start : start + BATCH], rng)
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            logits, family, _ = net(x, role)
        total.append(losses(logits, y).numpy())
        alone = truth.sum(1) == 1
        right += float((family.argmax(1) == truth.argmax(1))[alone].sum())
        cells += float(alone.sum())
    return [*(float(v) for v in np.mean(total, 0)), right / max(cells, 1)]


def fit(args: argparse.Namespace) -> None:
    """Train until the schedule's end."""
    args.run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    clips = Split(args.items, read_clip)
    net = Timbre(mean_of([args.start])).to(memory_format=torch.channels_last)
    begun = torch.load(args.start, weights_only=True)
    net.load_state_dict(begun.get("timbre", {}), strict=False)
    average = copy.deepcopy(net).eval()
    kernels = [p for n, p in net.named_parameters() if p.ndim == 4 and p.shape[2] > 1]
    others = [p for n, p in net.named_parameters() if p.ndim != 4 or p.shape[2] == 1]
    optimisers = ((Muon(kernels), KERNEL_RATE), (torch.optim.AdamW(others, weight_decay=1e-3), OTHER_RATE))
    step, spent = 0, 0.0
    if (args.run / "last.pt").exists():
        saved = torch.load(args.run / "last.pt", weights_only=True)
        net.load_state_dict(saved["timbre"])
        average.load_state_dict(saved["timbre_average"])
        for (optimiser, _), kept in zip(optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        step, spent = saved["step"], saved["spent"]
    rng, due, running = np.random.default_rng([7, step]), spent, None
    clock = time.process_time()
    while True:
        now = time.process_time()
        spent, clock = spent + now - clock, now
        end = spent >= args.minutes * 60
        if spent >= due or end:
            due = spent + CHECKPOINT_S
            clips.refresh()
            balance = balance_of(clips.train)
            report(args, net, average, optimisers, clips, step, spent, running, balance)
            if end:
                return
            clock = time.process_time()
        share = min(1.0, (step + 1) / 30) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, spent / (args.minutes * 60))))
        net.train()
        x, role, y, truth, rows = batch([clips.train[i] for i in rng.integers(0, len(clips.train), BATCH)], rng)
        with torch.autocast("cpu", torch.bfloat16):
            logits, family, vectors = net(x, role)
        notes = losses(logits, y)
        parts = torch.stack([*notes, family_loss(family, truth, balance), vector_loss(vectors, rows, rng)])
        for optimiser, peak in optimisers:
            optimiser.param_groups[0]["lr"] = peak * (share + 0.003)
            optimiser.zero_grad(set_to_none=True)
        (parts * torch.tensor([*WEIGHTS, FAMILY, CONTRAST])).sum().backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        for optimiser, _ in optimisers:
            optimiser.step()
        step += 1
        running = parts.detach() if running is None else running.lerp(parts.detach(), 0.02)
        decay = min(0.996, step / (step + 20))
        follow(average, net, decay)


def report(
    args: argparse.Namespace,
    net: Timbre,
    average: Timbre,
    optimisers: tuple,
    clips: Split[Item],
    step: int,
    spent: float,
    running: Tensor | None,
    balance: Tensor,
) -> None:
    """Save, and a line of the curve."""
    part = args.run / "last.part"
    torch.save(
        {
            "config": net.net.config,
            "model": net.net.state_dict(),
            "average": average.net.state_dict(),
            "timbre": net.state_dict(),
            "timbre_average": average.state_dict(),
            "optimisers": [o.state_dict() for o, _ in optimisers],
            "step": step,
            "spent": spent,
        },
        part,
    )
    part.rename(args.run / "last.pt")
    row: list[float] = [step, round(spent), len(clips.train)]
    row += [round(float(v), 3) for v in running] if running is not None else [0.0] * (len(WEIGHTS) + 2)
    for some in (clips.held, clips.strange):
        row += [round(v, 3) for v in measure(average, some, balance)] if len(some) >= BATCH else [0.0] * 5
    append_row(args.run, row)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("items", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--start", type=Path, required=True, help="state to begin with")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--threads", type=int, default=1)
    fit(parser.parse_args())


if __name__ == "__main__":
    main()
