"""Run small networks of our own in numpy: their weights, and the plain ones of a few layers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Kind = TypeVar("Kind", np.float32, np.float64)

DATA = Path(__file__).parents[1] / "data"
"""Holds the weights, made by training/."""
LAYERS = ("first", "second", "last")


def load_weights(path: Path, kind: type[Kind]) -> Mapping[str, npt.NDArray[Kind]]:
    """Return the arrays of a file, read once, as numbers of one kind."""
    return _arrays(path, np.dtype(kind).name)


@cache
def _arrays(path: Path, kind: str) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name].astype(kind) for name in file.files}


def perceptron(
    rows: npt.NDArray[Kind], weights: Mapping[str, npt.NDArray[Kind]], layers: tuple[str, ...] = LAYERS
) -> npt.NDArray[Kind]:
    """Return (..., outputs) of inputs (..., inputs).

    Args:
        rows: the inputs.
        weights: <layer>_weight (outputs, inputs) and <layer>_bias (outputs,) of each layer.
        layers: their names; all but the last rectify.
    """
    y: Any = rows
    for layer in layers[:-1]:
        y = np.maximum(0, y @ weights[f"{layer}_weight"].T + weights[f"{layer}_bias"])
    result: npt.NDArray[Kind] = y @ weights[f"{layers[-1]}_weight"].T + weights[f"{layers[-1]}_bias"]
    return result
