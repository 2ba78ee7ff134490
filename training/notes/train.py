"""Train the note network; resumes from its last checkpoint.

    python -m training.notes.train ITEMS RUN --minutes 60 [--channels 48] [--crop 256] [--batch 8] [--device cpu]

ITEMS holds dataset.py's files; new ones are taken in at every checkpoint, so generators may still be running.
Several processes train as one when each is started with --worker I --workers N (gloo on this machine).
RUN/last.pt holds everything to go on (weights, averaged weights, optimiser, step, minutes), RUN/<minutes>.pt the
averaged weights at checkpoints, RUN/log.csv the curve. --minutes is the length of the whole schedule (one cosine),
earlier sittings counted in; to go on beyond it, start again with a larger number.
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
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from bridge.note_maps.features import BINS, FLOOR_DB, FPS, PER_SEMITONE
from training.notes.compose import HELD_OUT_FIRST
from training.notes.dataset import STEP_DB
from training.notes.labels import targets
from training.notes.model import ROLES, NoteNet, save_model
from training.notes.muon import Muon

WEIGHTS = (1.0, 0.5, 0.4, 0.5)
"""Shares of onset, frame, offset and velocity in the loss."""

POSITIVE = (3.0, 1.0, 2.0)
"""Weights of the rare positive cells of onset, frame and offset; frames stay calibrated, for the ends' sake."""

HELD_OUT = 25
"""Every clip whose number is a multiple of this is kept for the curve."""

VARIANTS = {"real": 0.5, "cheap": 0.37, "mix": 0.13}
"""Share of the batch from each kind of item: half is really separated sound, as in use."""

KERNEL_RATE, OTHER_RATE = 0.02, 4e-3
"""Peak learning rates: Muon's for kernels, AdamW's for all else."""

CHECKPOINT_MIN = 5.0
"""Minutes between checkpoints."""


@dataclass(frozen=True, slots=True)
class Item:
    """One training item in memory."""

    features: np.ndarray
    role: int
    notes: np.ndarray


class Items:
    """All items of a folder, read as they appear."""

    def __init__(self, folder: Path) -> None:
        """Read what is there."""
        self._folder, self._seen = folder, set()
        self.train: dict[str, list[Item]] = {v: [] for v in VARIANTS}
        self.held: list[Item] = []
        self.refresh()

    def refresh(self) -> None:
        """Take in new files."""
        for path in sorted(set(self._folder.glob("[0-9]*.npz")) - self._seen):
            if path.name.endswith(".part.npz"):
                continue
            self._seen.add(path)
            number, variant = int(path.name[:5]), path.stem.split("_")[1]
            if number >= HELD_OUT_FIRST:
                continue
            with np.load(path) as z:
                item = Item(z["features"], int(z["role"]), z["notes"])
            if number % HELD_OUT:
                self.train[variant].append(item)
            else:
                self.held.append(item)

    def draw(self, rng: np.random.Generator) -> Item:
        """A training item, variants by their share, empty kinds left out."""
        names = [v for v in VARIANTS if self.train[v]]
        shares = np.array([VARIANTS[v] for v in names])
        kind = self.train[names[rng.choice(len(names), p=shares / shares.sum())]]
        return kind[rng.integers(len(kind))]


def crop_of(item: Item, crop: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A random crop, augmented."""
    first = int(rng.integers(0, len(item.features) - crop))
    return crop_at(item, crop, first, int(rng.integers(-3, 4)) if rng.random() < 0.6 else 0, rng)


def crop_at(item: Item, crop: int, a: int, semitones: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The crop from frame ``a``, transposed (truth too), detuned, equalised, louder or softer, noisier."""
    x = item.features[a : a + crop].astype(np.float32) * STEP_DB + FLOOR_DB
    y = targets(item.notes - np.array([a / FPS, a / FPS, 0, 0], np.float32), crop).astype(np.float32) / 255
    by = semitones * PER_SEMITONE + int(rng.choice([-1, 0, 0, 0, 0, 0, 0, 1]))
    if by:
        x, y = np.roll(x, by, 1), np.roll(y, semitones, 2)
        x[:, slice(0, by) if by > 0 else slice(by, None)] = FLOOR_DB
        if semitones:
            y[..., slice(0, semitones) if semitones > 0 else slice(semitones, None)] = 0
    tilt = np.interp(np.arange(BINS), np.linspace(0, BINS, 6), rng.normal(0, 3, 6)) + rng.normal(0, 3)
    floor = rng.uniform(-105, -72)
    return np.maximum(x + tilt, floor + 4 * rng.normal(0, 1, x.shape)).astype(np.float32), y


def batch(items: list[Item], crop: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Features, role one-hot and targets of one crop of each item."""
    pairs = [crop_of(i, crop, rng) for i in items]
    role = np.eye(len(ROLES), dtype=np.float32)[[i.role for i in items]]
    return (
        torch.from_numpy(np.stack([x for x, _ in pairs])),
        torch.from_numpy(role),
        torch.from_numpy(np.stack([y for _, y in pairs])),
    )


def losses(logits: Tensor, y: Tensor) -> Tensor:
    """(4,) onset, frame, offset and velocity loss, each per frame."""
    weight = torch.tensor(POSITIVE, device=logits.device).view(3, 1, 1)
    maps = F.binary_cross_entropy_with_logits(logits[:, :3], y[:, :3], pos_weight=weight, reduction="none")
    known = (y[:, 3] > 0).float()
    velocity = ((torch.sigmoid(logits[:, 3]) - y[:, 3]) ** 2 * known).sum() / (known.sum() + 1)
    return torch.cat([maps.sum(3).mean((0, 2)), velocity[None]])


@dataclass(slots=True)
class State:
    """Everything that a checkpoint keeps."""

    model: NoteNet
    average: NoteNet
    kernels: Muon
    others: torch.optim.Optimizer
    step: int = 0
    minutes: float = 0.0

    def save(self, path: Path) -> None:
        """Write atomically."""
        part = path.with_suffix(".part")
        torch.save(
            {
                "config": self.model.config,
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "kernels": self.kernels.state_dict(),
                "others": self.others.state_dict(),
                "step": self.step,
                "minutes": self.minutes,
            },
            part,
        )
        part.rename(path)


def start(args: argparse.Namespace) -> State:
    """A new state, or the run's last one."""
    torch.manual_seed(args.seed)
    model = NoteNet(args.channels, tuple(args.dilations)).to(args.device, memory_format=torch.channels_last)
    kernels = [p for n, p in model.named_parameters() if p.ndim == 4 and not n.startswith("head")]
    others = [p for n, p in model.named_parameters() if p.ndim != 4 or n.startswith("head")]
    state = State(model, copy.deepcopy(model).eval(), Muon(kernels), torch.optim.AdamW(others, weight_decay=1e-3))
    last = args.run / "last.pt"
    if last.exists():
        saved = torch.load(last, map_location=args.device, weights_only=True)
        state.model.load_state_dict(saved["model"])
        state.average.load_state_dict(saved["average"])
        state.kernels.load_state_dict(saved["kernels"])
        state.others.load_state_dict(saved["others"])
        state.step, state.minutes = saved["step"], saved["minutes"]
    return state


def share_gradients(state: State) -> None:
    """Average the gradients over all workers, and take the first one's clock."""
    if not dist.is_initialized():
        return
    first, grads = dist.get_rank() == 0, [p.grad for p in state.model.parameters()]
    flat = torch.cat([g.flatten() for g in grads] + [torch.tensor([state.minutes if first else 0.0])])
    dist.all_reduce(flat)
    state.minutes = float(flat[-1])
    position = 0
    for g in grads:
        g.copy_(flat[position : position + g.numel()].view_as(g) / dist.get_world_size())
        position += g.numel()


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move an averaged model towards the one in training."""
    for mean, value in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        mean.lerp_(value, 1 - decay) if mean.is_floating_point() else mean.copy_(value)


def advance(state: State, data: tuple[Tensor, Tensor, Tensor], rate: float, device: str) -> Tensor:
    """One optimiser step at ``rate`` of the peak learning rates; its losses."""
    for optimiser, peak in ((state.kernels, KERNEL_RATE), (state.others, OTHER_RATE)):
        optimiser.param_groups[0]["lr"] = peak * rate
        optimiser.zero_grad(set_to_none=True)
    x, role, y = (t.to(device) for t in data)
    state.model.train()
    with torch.autocast(device, torch.bfloat16):
        logits = state.model(x, role)
    parts = losses(logits, y)
    (parts * torch.tensor(WEIGHTS, device=device)).sum().backward()
    share_gradients(state)
    torch.nn.utils.clip_grad_norm_(state.model.parameters(), 5.0)
    state.kernels.step()
    state.others.step()
    state.step += 1
    decay = min(0.996, state.step / (state.step + 20))
    follow(state.average, state.model, decay)
    return parts.detach().cpu()


@torch.no_grad()
def held_out(state: State, items: Items, args: argparse.Namespace) -> Tensor:
    """Losses of the averaged model on fixed crops of the held-out clips."""
    rng, total = np.random.default_rng(1), []
    chosen = [items.held[i] for i in rng.integers(0, len(items.held), 48)]
    for i in range(0, 48, 12):
        x, role, y = (t.to(args.device) for t in batch(chosen[i : i + 12], args.crop, rng))
        with torch.autocast(args.device, torch.bfloat16):
            total.append(losses(state.average(x, role), y).cpu())
    return torch.stack(total).mean(0)


def checkpoint(state: State, items: Items, running: Tensor, args: argparse.Namespace) -> None:
    """Save, log a line of the curve, look for new items."""
    state.save(args.run / "last.pt")
    save_model(state.average, args.run / f"{round(state.minutes):04d}.pt")
    count = {v: len(i) for v, i in items.train.items()}
    audio_h = state.step * args.batch * args.workers * args.crop / FPS / 3600
    row = [state.step, round(state.minutes, 1), round(audio_h, 2)]
    row += [round(float(v), 4) for v in (*running, *held_out(state, items, args))]
    with (args.run / "log.csv").open("a", newline="") as file:
        csv.writer(file).writerow(row)
    print(*row, count, flush=True)


def fit(args: argparse.Namespace) -> None:
    """Train until the schedule's end."""
    args.run.mkdir(parents=True, exist_ok=True)
    if args.workers > 1:
        dist.init_process_group(
            "gloo", f"file://{args.run.resolve()}/meeting", rank=args.worker, world_size=args.workers
        )
    items, state = Items(args.items), start(args)
    rng = np.random.default_rng([args.seed, state.step, args.worker])
    running, clock, due = None, time.monotonic(), state.minutes + CHECKPOINT_MIN
    while state.minutes < args.minutes:
        now = time.monotonic()
        state.minutes, clock = state.minutes + (now - clock) / 60, now
        warm = min(1.0, (state.step + 1) / 30)
        rate = warm * (0.5 + 0.5 * math.cos(math.pi * state.minutes / args.minutes)) + 0.003
        data = batch([items.draw(rng) for _ in range(args.batch)], args.crop, rng)
        parts = advance(state, data, rate, args.device)
        running = parts if running is None else running.lerp(parts, 0.02)
        if state.minutes >= due:
            due = state.minutes + CHECKPOINT_MIN
            if args.worker == 0:
                checkpoint(state, items, running, args)
            items.refresh()
    if args.worker == 0:
        checkpoint(state, items, running, args)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("items", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--channels", type=int, default=48)
    parser.add_argument("--dilations", type=int, nargs="+", default=[1, 1, 2, 4, 1, 8])
    parser.add_argument("--crop", type=int, default=256, help="frames of 11.6 ms, even")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--worker", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    fit(parser.parse_args())


if __name__ == "__main__":
    main()
