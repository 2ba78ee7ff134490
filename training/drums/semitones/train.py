"""Train the semitone net from a shipped drum net on; a stopped run goes on from its checkpoint.

    python -m training.drums.semitones.train RUN --data DATA --start bridge/data/drums.onnx --net 1 --steps 3000

RUN holds `log.txt`, `last.pt` (to resume) and `average.pt`, the moving average of the weights, which is what ships.
"""

from __future__ import annotations

import argparse
import copy
import math
from pathlib import Path

import numpy as np
import torch

from bridge.transcribers.drums.peaks import CLASSES, SHARED
from training.drums.semitones.batches import Clips, batch
from training.drums.semitones.net import SemitoneDrumNet
from training.drums.train import CLASS_WEIGHTS, VELOCITY_WEIGHT, losses
from training.drums.weights import NORMS, read_nets
from training.notes.train import follow

NEW_WEIGHTS = (1.5, 1.5, 1.5, 1.5, 2.0)
"""Of the classes that only this net knows, after those of the others."""
NEW_ROWS = torch.arange(2 * len(CLASSES)) % len(CLASSES) >= SHARED
"""Of the last layer: what is trained where all else stays."""
FRAMES, PIECES = 224, 12
"""Of a step: 31 s of sound."""
WARM_UP = 50
"""Steps until the learning rate is reached."""
LAST_RATE = 1e-5
SLOW = 0.997
"""How much of the average stays at a step, at last."""
HELD_OUT_BATCHES = 8
"""Of a check: the same ones each time."""


class Run:
    """A training run in a folder."""

    def __init__(self, args: argparse.Namespace) -> None:
        torch.manual_seed(args.seed)
        self.folder, self.steps, self.rate, self.every = args.run, args.steps, args.lr, args.every
        self.folder.mkdir(parents=True, exist_ok=True)
        base = read_nets(args.start)[args.net]
        self.net = SemitoneDrumNet(base, np.load(args.data / "louder_db.npy")).to(memory_format=torch.channels_last)
        self.rows = NEW_ROWS if args.head else None
        if args.weights:
            self.net.load_state_dict(torch.load(args.weights, weights_only=True))
        if args.head:
            self.net.requires_grad_(False).head.requires_grad_(True)
        self.average = copy.deepcopy(self.net)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=args.lr, weight_decay=0 if args.head else 1e-3)
        self.weights = torch.tensor(CLASS_WEIGHTS + NEW_WEIGHTS)
        self.step = 0
        if (self.folder / "last.pt").exists():
            self._resume()
        self.clips, held_out = Clips(args.data, validation=False), Clips(args.data, validation=True)
        rng = np.random.default_rng(5)
        self.held_out = [batch(rng, held_out, PIECES, FRAMES) for _ in range(HELD_OUT_BATCHES)]
        self.rng = np.random.default_rng([args.seed, self.step])

    def _resume(self) -> None:
        state = torch.load(self.folder / "last.pt", weights_only=True)
        for name in ("net", "average", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.step = state["step"]

    def _losses(self, net: SemitoneDrumNet, arrays: tuple[np.ndarray, ...]) -> tuple[torch.Tensor, torch.Tensor]:
        x, onset, velocity = (torch.from_numpy(np.asarray(a, np.float32)) for a in arrays)
        return losses(net(x), onset, velocity, self.weights)

    @torch.no_grad()
    def check(self) -> None:
        """Write the losses on held-out clips, and all that a later run needs."""
        self.average.eval()
        onset, velocity = np.mean([[float(v) for v in self._losses(self.average, a)] for a in self.held_out], 0)
        with (self.folder / "log.txt").open("a") as log:
            log.write(f"step {self.step} held-out onset {onset:.4f} velocity {velocity:.4f}\n")
        names = ("net", "average", "optimiser")
        state = {"step": self.step, **{name: getattr(self, name).state_dict() for name in names}}
        torch.save(state, self.folder / "last.tmp")
        (self.folder / "last.tmp").rename(self.folder / "last.pt")
        torch.save(self.average.state_dict(), self.folder / "average.pt")

    def one(self) -> None:
        """One step."""
        falling = 0.5 + 0.5 * math.cos(math.pi * self.step / self.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * min(1.0, (self.step + 1) / WARM_UP) * falling + LAST_RATE
        self.net.train(self.rows is None)
        # A shipped net's normalisation is folded into its convolutions; a batch's own statistics would undo it.
        for module in self.net.modules():
            if isinstance(module, NORMS):
                module.eval()
        with torch.autocast("cpu", torch.bfloat16):
            onset, velocity = self._losses(self.net, batch(self.rng, self.clips, PIECES, FRAMES))
        self.optimiser.zero_grad(set_to_none=True)
        (onset + VELOCITY_WEIGHT * velocity).backward()
        if self.rows is not None:
            for rows in (self.net.head.weight.grad, self.net.head.bias.grad):
                rows[~self.rows] = 0
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimiser.step()
        self.step += 1
        follow(self.average, self.net, min(SLOW, self.step / (self.step + 20)))

    def fit(self) -> None:
        """Train to the last step."""
        while self.step < self.steps:
            self.one()
            if self.step % self.every == 0:
                self.check()
        self.check()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True, help="a shipped drums.onnx")
    parser.add_argument("--weights", type=Path, help="an average.pt to begin with")
    parser.add_argument("--head", action="store_true", help="the last layer learns the new classes and no more")
    parser.add_argument("--net", type=int, default=1, help="which of its nets")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--every", type=int, default=100, help="steps from check to check")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    Run(args).fit()


if __name__ == "__main__":
    main()
