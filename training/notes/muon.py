"""The Muon optimiser (Jordan 2024): momentum steps of convolution kernels, orthogonalised.

It reaches a given loss in fewer steps than AdamW, which counts where a step takes a second. Kernels are
taken as matrices (outputs, everything else); biases, norms and heads stay with AdamW.
"""

from __future__ import annotations

import torch
from torch import Tensor

MOMENTUM = 0.9
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""The published quintic: five rounds bring all singular values to about 1."""


def orthogonal(matrix: Tensor) -> Tensor:
    """The matrix with its singular values moved to about 1, by Newton-Schulz iteration."""
    a, b, c = COEFFICIENTS
    x = matrix / (matrix.norm() + 1e-7)
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    for _ in range(5):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if wide else x.T


class Muon(torch.optim.Optimizer):
    """Nesterov momentum whose step is orthogonalised; ``lr`` is the step's spectral norm."""

    def __init__(self, params: list[Tensor], lr: float = 0.02) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override] - no closure is ever used here
        """One step on all kernels that have a gradient."""
        for group in self.param_groups:
            for p in (p for p in group["params"] if p.grad is not None):
                state = self.state[p]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(p.grad)
                mean = state["momentum"].lerp_(p.grad, 1 - MOMENTUM)
                update = orthogonal(p.grad.lerp(mean, MOMENTUM).flatten(1)).view_as(p)
                p.add_(update, alpha=-group["lr"])
