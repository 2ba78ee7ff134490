"""Measure how HTDemucs' layers are rounded where they are computed in bytes.

    python -m training.htdemucs_ranges htdemucs.onnx MIX...

Runs the network in floats over a stretch of each mix, drawn at random, and writes ``bridge/data/htdemucs_bytes.npz``.
The shipped one was made of three stretches of the demo and one of each of twelve songs of OpenMSX and accompaniments
rendered with FluidR3, none of them from the evaluation set.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openvino as ov
import soundfile
import soxr

from bridge.separators.htdemucs.graph import rewrite
from bridge.separators.htdemucs.in_bytes import FEWEST, OCTAVE, Layer, Rounding, layers, save_roundings
from bridge.separators.htdemucs.stft import Spectrogram

Array = npt.NDArray[np.float32]

RATE = 44_100
VALUES = 80_000
"""Drawn of a layer's input in each stretch."""
LEFT_OUT = f"decoder/2d/{FEWEST}"
"""See :mod:`bridge.separators.htdemucs.in_bytes`."""
SMOOTH = 0.5
"""Power of a channel's level that is its scale: half of the spread goes to the weights."""
QUIETEST = 1e-3
"""Of the loudest channel's level, the least that counts."""
ENDS = np.geomspace(1.0, 0.05, 25)
"""Shares of the extremes that are tried as the ends of the steps."""


def stretch(path: Path, length: int, rng: np.random.Generator) -> list[Array]:
    """Return the network's inputs for a stretch of a mix."""
    audio, rate = soundfile.read(path, always_2d=True, dtype="float32")
    audio = np.repeat(audio, 2, 1) if audio.shape[1] == 1 else audio
    audio = soxr.resample(audio, rate, RATE).T if rate != RATE else audio.T
    mono = audio.mean(0)
    start = int(rng.integers(0, max(1, audio.shape[1] - length)))
    piece = audio[:, start : start + length]
    piece = np.pad(piece, ((0, 0), (0, length - piece.shape[1])))
    piece = ((piece - mono.mean()) / mono.std(ddof=1)).astype(np.float32)
    return [piece[None], Spectrogram(length).forward(piece)[None]]


def heard(model_path: Path, mixes: Sequence[Path], rng: np.random.Generator) -> dict[str, list[Array]]:
    """Return (tokens, channels) of the input of each layer in each mix: some drawn, then the extremes."""
    core = ov.Core()
    model = core.read_model(model_path)
    rewrite(model)
    found = {layer.name: layer for layer in layers(model) if layer.name != LEFT_OUT}
    outputs = model.add_outputs([layer.source for layer in found.values()])
    before = len(model.outputs) - len(outputs)
    request = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    length = int(model.inputs[0].shape[-1])
    rows: dict[str, list[Array]] = {name: [] for name in found}
    for mix in mixes:
        request.infer(stretch(mix, length, rng))
        for number, (name, layer) in enumerate(found.items()):
            tokens = by_token(layer, request.get_output_tensor(before + number).data)
            drawn = tokens[rng.integers(0, len(tokens), VALUES // tokens.shape[1])]
            rows[name].append(np.concatenate([drawn, tokens.max(0)[None], tokens.min(0)[None]]))
    return rows


def by_token(layer: Layer, value: Array) -> Array:
    """(tokens, channels) of a layer's input."""
    if layer.is_product:
        return value.reshape(-1, value.shape[-1])
    return np.asarray(np.moveaxis(value[0], 0, -1).reshape(-1, value.shape[1]))


def rounding(rows: Sequence[Array]) -> Rounding:
    """Return the scales, and the ends that round with the least error."""
    peak = np.max([np.abs(row[-2:]).max(0) for row in rows], 0)
    drawn = np.concatenate([row[:-2] for row in rows])
    level = np.sqrt(peak * np.sqrt((drawn**2).mean(0)))
    level = np.maximum(level, level.max() * QUIETEST) ** SMOOTH
    octaves = np.round(OCTAVE * np.log2(level / np.exp(np.log(level).mean()))).clip(-127, 127).astype(np.int8)
    low, high = ends((drawn / Rounding(0, 0, octaves).scale).reshape(-1))
    return Rounding(low, high, octaves)


def ends(values: Array) -> tuple[float, float]:
    """Return both ends of 256 steps of which one is zero."""
    lowest, highest = min(0.0, float(values.min())), max(0.0, float(values.max()))
    shares = [1.0, 1.0]
    best = np.inf
    for _ in range(3):
        for side in (0, 1):
            for share in ENDS:
                tried = [*shares]
                tried[side] = share
                error = error_of(values, *fitted(lowest * tried[0], highest * tried[1]))
                if error < best:
                    best, shares = error, tried
    return fitted(lowest * shares[0], highest * shares[1])


def fitted(low: float, high: float) -> tuple[float, float]:
    """Return ends moved by less than a step, so that zero is one."""
    step = (high - low) / 255
    below = round(-low / step)
    return -below * step, (255 - below) * step


def error_of(values: Array, low: float, high: float) -> float:
    """Return the mean square of what rounding changes."""
    step = (high - low) / 255
    return float(np.mean((np.clip(np.round(values / step) * step, low, high) - values) ** 2))


def main() -> None:
    """Measure, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("mixes", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rows = heard(options.model, options.mixes, np.random.default_rng(options.seed))
    save_roundings({name: rounding(row) for name, row in rows.items()})


if __name__ == "__main__":
    main()
