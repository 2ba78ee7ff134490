"""Train the drum net for a given time or number of steps; a stopped run goes on from its checkpoint.

    python -m training.drums.train RUN_DIR --cache CACHE --drums DRUMS_DIR --minutes 60 [--steps N] [--seed 0]
    python -m training.drums.train RUN_DIR ... --start bridge/data/drums.onnx --net 1     # goes on from a shipped net

RUN_DIR holds `config.json`, `log.txt`, `last.pt` (to resume) and `best.pt` (averaged weights with the
lowest validation loss). The learning rate follows the share of the time, or of the steps, that is used up.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from training.drums.batches import Clips, Recipe, batch
from training.drums.net import DrumNet, NetConfig
from training.drums.weights import NORMS, read_nets
from training.notes.train import follow

HELD_OUT_BATCHES = 16
"""Of a check: the same ones each time."""
VELOCITY_WEIGHT = 2.0
LAYERS_OF_A_CONVOLUTION = 3
"""In the net's front: the convolution, its normalisation and what cuts off below zero."""
CLASS_WEIGHTS = (1.0, 1.0, 1.5, 1.0, 1.5, 2.0, 2.0, 2.0, 2.0, 1.5)
"""In the order of the shared CLASSES: rare strokes weigh more, or the net learns them last."""


def losses(
    output: torch.Tensor, onset: torch.Tensor, velocity: torch.Tensor, weights: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Onset cross-entropy (per frame, weighted sum over the classes), and squared error of the velocity at strokes."""
    logits, loud = output[:, :, 0], torch.sigmoid(output[:, :, 1])
    entropy = functional.binary_cross_entropy_with_logits(logits, onset, reduction="none")
    onset_loss = (weights * entropy).sum(2).mean()
    at = (onset > 0.4).float()
    velocity_loss = (at * (loud - velocity) ** 2).sum() / at.sum().clamp(min=1)
    return onset_loss, velocity_loss


class Run:
    """A training run in a folder."""

    def __init__(self, args: argparse.Namespace) -> None:
        torch.manual_seed(args.seed)
        self.folder, self.minutes, self.steps, self.lr = args.run, args.minutes, args.steps, args.lr
        self.every = args.every
        self.folder.mkdir(parents=True, exist_ok=True)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        config = NetConfig(tuple(args.windows), tuple(args.widths), args.hidden, tuple(args.dilations))
        self.recipe = Recipe(
            tuple(args.shares), args.bleed, not args.plain, args.crop, args.batch, args.alone, args.over
        )
        net = read_nets(args.start)[args.net] if args.start else DrumNet(config)
        self.net = net.to(self.device, memory_format=torch.channels_last)
        # A shipped net's normalisation is folded into its convolutions; a batch's own statistics would undo it.
        self.folded = bool(args.start)
        self.net.front[: LAYERS_OF_A_CONVOLUTION * args.freeze].requires_grad_(False)
        self.average = copy.deepcopy(self.net)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=args.lr, weight_decay=1e-3)
        self.weights = torch.tensor(CLASS_WEIGHTS, device=self.device)
        self.step, self.used_s, self.best = 0, 0.0, math.inf
        self.rng = np.random.default_rng([args.seed, 1])
        if (self.folder / "last.pt").exists():
            self._resume()
        self.train = Clips(args.cache, args.drums, validation=False)
        self._validation(args)
        description = {
            "net": self.net.config.as_dict(),
            "recipe": asdict(self.recipe),
            "seed": args.seed,
            "lr": args.lr,
        }
        (self.folder / "config.json").write_text(
            json.dumps({**description, "minutes": args.minutes, "steps": args.steps}, indent=1)
        )

    def _resume(self) -> None:
        state = torch.load(self.folder / "last.pt", map_location=self.device, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.used_s, self.best = state["step"], state["used_s"], state["best"]
        self.rng = np.random.default_rng([self.step, 2])

    def _validation(self, args: argparse.Namespace) -> None:
        rng, clips = np.random.default_rng(5), Clips(args.cache, args.drums, validation=True)
        plain = replace(self.recipe, bleed=0.3, alter=False)
        self.held_out = [batch(rng, clips, plain) for _ in range(HELD_OUT_BATCHES)]

    def log(self, text: str) -> None:
        """One line to the log and the terminal."""
        print(text, flush=True)
        with (self.folder / "log.txt").open("a") as f:
            f.write(text + "\n")

    def _tensors(self, arrays: tuple[np.ndarray, ...]) -> list[torch.Tensor]:
        return [torch.from_numpy(np.asarray(a, np.float32)).to(self.device) for a in arrays]

    @torch.no_grad()
    def check(self) -> float:
        """Validation losses of the averaged net; keeps it when it is the best so far."""
        self.average.eval()
        sums = np.zeros(2)
        for arrays in self.held_out:
            x, onset, velocity = self._tensors(arrays)
            sums += [float(v) for v in losses(self.average(x), onset, velocity, self.weights)]
        onset_loss, velocity_loss = sums / len(self.held_out)
        self.log(f"step {self.step} {self.used_s:.0f}s held-out onset {onset_loss:.4f} velocity {velocity_loss:.4f}")
        checkpoint = {"config": self.net.config.as_dict(), "net": self.average.state_dict()}
        if onset_loss < self.best:
            self.best = float(onset_loss)
            torch.save(checkpoint, self.folder / "best.pt")
        torch.save(checkpoint, self.folder / "average.pt")
        state = {
            "net": self.net.state_dict(), "average": self.average.state_dict(), "best": self.best,
            "optimiser": self.optimiser.state_dict(), "step": self.step, "used_s": self.used_s,
        }  # fmt: skip
        torch.save(state, self.folder / "last.tmp")
        (self.folder / "last.tmp").rename(self.folder / "last.pt")
        return float(onset_loss)

    def share(self) -> float:
        """How much of the run is done, 0 to 1: of its steps where they are given, else of its time."""
        return self.step / self.steps if self.steps else self.used_s / 60 / self.minutes

    def _one(self) -> float:
        falling = 0.5 + 0.5 * math.cos(math.pi * min(1.0, self.share()))
        lr = self.lr * min(1.0, (self.step + 1) / 100) * falling + 1e-5
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        x, onset, velocity = self._tensors(batch(self.rng, self.train, self.recipe))
        self.net.train()
        if self.folded:
            for module in self.net.modules():
                if isinstance(module, NORMS):
                    module.eval()
        onset_loss, velocity_loss = losses(self.net(x), onset, velocity, self.weights)
        self.optimiser.zero_grad(set_to_none=True)
        (onset_loss + VELOCITY_WEIGHT * velocity_loss).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimiser.step()
        self.step += 1
        follow(self.average, self.net, min(0.998, self.step / (self.step + 20)))
        return float(onset_loss.detach())

    def fit(self) -> None:
        """Train until the time is used up; the time of earlier runs counts."""
        begun, before, running = time.monotonic(), self.used_s, 0.0
        while self.share() < 1:
            loss = self._one()
            running = loss if not running else 0.98 * running + 0.02 * loss
            self.used_s = before + time.monotonic() - begun
            if self.step % 50 == 0:
                self.log(f"step {self.step} {self.used_s:.0f}s loss {running:.4f}")
            if self.step % self.every == 0:
                self.check()
                self.train.refresh()
        self.check()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--drums", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--steps", type=int, default=0, help="instead of the time")
    parser.add_argument("--windows", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--widths", type=int, nargs="+", default=[32, 48, 64])
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--dilations", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--shares", type=float, nargs=3, default=[0.45, 0.4, 0.15])
    parser.add_argument("--bleed", type=float, default=0.5)
    parser.add_argument("--alone", type=float, default=0.0, help="share of pieces of a band without drums")
    parser.add_argument("--over", type=float, default=0.0, help="share of the clean pieces over a band")
    parser.add_argument("--start", type=Path, help="a shipped drums.onnx to go on from")
    parser.add_argument("--net", type=int, default=0, help="which of its nets")
    parser.add_argument("--freeze", type=int, default=0, help="first convolutions that stay as they are")
    parser.add_argument("--every", type=int, default=250, help="steps from check to check")
    parser.add_argument("--plain", action="store_true", help="no alteration of the spectra")
    parser.add_argument("--crop", type=int, default=256, help="frames of a piece")
    parser.add_argument("--batch", type=int, default=12, help="pieces of a step")
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    Run(args).fit()


if __name__ == "__main__":
    main()
