"""A stand-in for the HTDemucs network, with its inputs and outputs, that does arithmetic one can check.

Each stem gets a fixed share of the mix: ``SPECTRUM`` of it by way of the spectrogram, ``WAVE`` as it is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from bridge.plugins.interfaces import Context
from bridge.separators.htdemucs import HTDemucs, HTDemucsOptions
from bridge.separators.htdemucs.length import TRAINED as SEGMENT

WAVE = {"drums": 0.4, "bass": 0.3, "other": 0.2, "vocals": 0.1}
"""They sum to 1, as the stems do to the mix."""


def network(path: Path, spectrum: float = 0.0) -> Path:
    """The network as an ONNX file; ``spectrum`` is what the spectral branch adds to the first stem."""
    shares = np.array(list(WAVE.values()), np.float32)
    shares[0] -= spectrum
    bins = np.array([spectrum, 0, 0, 0], np.float32)
    nodes = [
        helper.make_node("Unsqueeze", ["mix", "axis"], ["mixes"]),
        helper.make_node("Mul", ["mixes", "shares"], ["waves"]),
        helper.make_node("Unsqueeze", ["spectrogram", "axis"], ["spectrograms"]),
        helper.make_node("Mul", ["spectrograms", "bins"], ["spectra"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([1], np.int64), "axis"),
        numpy_helper.from_array(shares.reshape(1, 4, 1, 1), "shares"),
        numpy_helper.from_array(bins.reshape(1, 4, 1, 1, 1), "bins"),
    ]

    def tensor(name: str, shape: list[int]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes,
        "stand-in",
        [tensor("mix", [1, 2, SEGMENT]), tensor("spectrogram", [1, 4, 2048, 336])],
        [tensor("spectra", [1, 4, 4, 2048, 336]), tensor("waves", [1, 4, 2, SEGMENT])],
        constants,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def separator(folder: Path, spectrum: float = 0.0, overlap: float = 0.25) -> HTDemucs:
    """HTDemucs with the stand-in for its network."""
    path = network(folder / "htdemucs.onnx", spectrum)
    context = Context(model=lambda name: path, cache=folder / "cache", home=folder)
    return HTDemucs(HTDemucsOptions(overlap=overlap, precision="f32"), context)
