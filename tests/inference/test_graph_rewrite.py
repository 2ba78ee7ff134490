"""Changed networks: the change is made once, kept, and made again where what was kept is of no use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from bridge.inference.graph_rewrite import NETWORK, Rewrite
from bridge.inference.network import Network
from bridge.inference.precision import Precision
from bridge.inference.seals import is_sealed
from tests.raising import raises_code


class Negation:
    """A change of a graph that one sees in its output, and how often it was made."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, model: Any) -> None:
        from openvino import opset13 as ops

        self.count += 1
        end = model.get_results()[0].input(0)
        end.replace_source_output(ops.negative(end.get_source_output()).output(0))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A network that doubles eight numbers."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [8]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "double", ends[:1], ends[1:])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "double.onnx"
    )
    return tmp_path / "double.onnx"


def factor(path: Path, change: Negation, cache: Path | None, name: str = "test-1", precision: Precision = "f32") -> int:
    """By what the network, changed, multiplies."""
    made = Network(path, precision=precision, cache=cache, rewrite=Rewrite(name, change))
    (found,) = made(np.arange(8, dtype=np.float32))
    return round(float(found[1]))


def folders(cache: Path) -> list[Path]:
    return [p for p in cache.iterdir() if p.is_dir()]


def test_the_change_is_made_once_and_kept(path: Path, tmp_path: Path) -> None:
    change = Negation()
    assert [factor(path, change, tmp_path / "cache") for _ in range(3)] == [-2, -2, -2]
    assert change.count == 1
    (kept,) = folders(tmp_path / "cache")
    assert sorted(p.name for p in kept.iterdir() if p.suffix != ".blob") == ["network.bin", "network.xml", "seals.json"]
    assert [p.parent for p in (tmp_path / "cache").rglob("*.blob")] == [kept]


def test_without_a_cache_it_is_made_each_time(path: Path) -> None:
    change = Negation()
    assert [factor(path, change, None) for _ in range(2)] == [-2, -2]
    assert change.count == 2


def test_it_is_for_every_precision(path: Path, tmp_path: Path) -> None:
    change = Negation()
    assert factor(path, change, tmp_path / "cache", precision="bf16") == -2
    assert change.count == 1


def test_another_file_or_version_replaces_what_was_kept(path: Path, tmp_path: Path) -> None:
    change = Negation()
    cache = tmp_path / "cache"
    factor(path, change, cache)
    (cache / ".test-1-0123.1").mkdir()
    path.touch()
    factor(path, change, cache)
    factor(path, change, cache, "test-2")
    assert change.count == 3
    assert [p.name[:6] for p in folders(cache)] == ["test-2"]


@pytest.mark.parametrize("name", NETWORK)
@pytest.mark.parametrize("damage", ["longer", "gone", "seals"])
def test_what_is_damaged_is_made_again(path: Path, tmp_path: Path, name: str, damage: str) -> None:
    change = Negation()
    cache = tmp_path / "cache"
    factor(path, change, cache)
    (kept,) = folders(cache)
    if damage == "longer":
        (kept / name).write_bytes((kept / name).read_bytes() + b"?")
    elif damage == "gone":
        (kept / name).unlink()
    else:
        (kept / "seals.json").write_bytes(b"[1, 2")
    assert factor(path, change, cache) == -2
    assert change.count == 2


def test_zeros_where_the_weights_were_are_noticed(path: Path, tmp_path: Path) -> None:
    change = Negation()
    cache = tmp_path / "cache"
    factor(path, change, cache)
    (kept,) = folders(cache)
    network = kept / NETWORK[0]
    network.write_bytes(bytes(network.stat().st_size))
    assert factor(path, change, cache) == -2
    assert change.count == 2


def test_a_compiled_network_with_a_flipped_bit_is_compiled_again(path: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    Network(path, precision="f32", cache=cache)
    (blob,) = cache.glob("*.blob")
    whole = blob.read_bytes()
    blob.chmod(0o600)
    for place in (0, len(whole) // 2, len(whole) - 1):
        blob.unlink()
        blob.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        (found,) = Network(path, precision="f32", cache=cache)(np.arange(8, dtype=np.float32))
        assert found[1] == 2
        assert len(blob.read_bytes()) == len(whole)
        assert is_sealed(cache, [blob.name])
    before = blob.stat().st_mtime_ns
    Network(path, precision="f32", cache=cache)
    assert blob.stat().st_mtime_ns == before


def test_a_folder_that_takes_nothing_costs_only_the_keeping(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Negation()

    def full(folder: Path, data: object, *, durable: bool) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bridge.inference.seals.write_json", full)
    assert factor(path, change, tmp_path / "cache") == -2
    assert folders(tmp_path / "cache") == []


def test_what_is_no_network_is_refused_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a network")
    with raises_code("network-not-loaded"):
        factor(broken, Negation(), tmp_path / "cache")
