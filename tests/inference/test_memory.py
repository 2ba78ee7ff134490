"""A network holds its weights once, and the memory in which it computes only while something is computed."""

from __future__ import annotations

import mmap
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bridge.inference.graph_rewrite import Rewrite
from bridge.inference.mapped_pages import forget_pages
from bridge.inference.network import Network

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
WIDE, DEEP = 512, 4
"""Weights of 1 MB a layer."""
ROWS = 4096
"""Of an input: 8 MB, and as much between two layers."""
MB = 1 << 20


def network(path: Path) -> Path:
    """Products with square matrices, each behind a rectifier."""
    nodes, weights = [], []
    for n in range(DEEP):
        matrix = np.eye(WIDE, dtype=np.float32) * 2
        weights.append(numpy_helper.from_array(matrix, f"w{n}"))
        nodes += [helper.make_node("MatMul", [f"x{n}", f"w{n}"], [f"p{n}"])]
        nodes += [helper.make_node("Relu", [f"p{n}"], [f"x{n + 1}"])]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [ROWS, WIDE]) for name in ("x0", f"x{DEEP}")]
    graph = helper.make_graph(nodes, "products", ends[:1], ends[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def resident(folder: Path) -> int:
    """Bytes of the files in a folder that this process holds by mapping them."""
    total, inside = 0, False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8", errors="replace").splitlines():
        if not line.split(maxsplit=1)[0].endswith(":"):
            inside = f" {folder}/" in line
        elif inside and line.startswith("Rss:"):
            total += int(line.split()[1]) * 1024
    return total


def test_pages_of_a_folders_files_are_given_back_and_read_again(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    content = bytes(range(256)) * (MB // 256)
    maps = []
    for name in ("here", "there"):
        (tmp_path / name / "weights").write_bytes(content)
        with (tmp_path / name / "weights").open("rb") as file:
            maps.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        assert maps[-1][:] == content
    forget_pages(tmp_path / "here")
    assert resident(tmp_path / "here") == 0
    assert resident(tmp_path / "there") == MB
    assert maps[0][:] == content


@pytest.mark.parametrize("rewrite", [None, Rewrite("nothing-1")])
@pytest.mark.parametrize("start", ["first", "next"])
def test_a_loaded_network_does_not_hold_its_weights_twice(rewrite: Rewrite | None, start: str, tmp_path: Path) -> None:
    path, cache = network(tmp_path / "network.onnx"), tmp_path / "cache"
    made = Network(path, precision="f32", cache=cache, rewrite=rewrite)
    if start == "next":
        del made
        made = Network(path, precision="f32", cache=cache, rewrite=rewrite)
    assert resident(cache) < MB
    assert made(np.ones((ROWS, WIDE), np.float32))[0].max() == 2**DEEP


HELD = """
import re, sys
from pathlib import Path
import numpy as np
from bridge.inference.malloc import limit_malloc_arenas
from bridge.inference.network import Network, rest_all
from bridge.inference.run_each import run_each
from tests.inference.test_memory import ROWS, WIDE

def held():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

limit_malloc_arenas()
made = Network(Path(sys.argv[1]), precision="f32")
ones = np.ones((ROWS, WIDE), np.float32)
"""
RESTS = f"""{HELD}
before, after, sums = [], [], []

def kept(outputs):
    before.append(held())
    return float(outputs[0][0, 0])

for total in run_each(made, ((ones,) for _ in range(3)), kept, lambda total: total, lambda done: None):
    after.append(held())
    sums.append(total)
print(before[-1] - after[-1], float(made(ones)[0][0, 0]), *sums)
"""
BETWEEN_JOBS = f"""{HELD}
made(ones)
before = held()
rest_all()
print(before - held(), float(made(ones)[0][0, 0]))
"""


def test_the_last_result_is_taken_after_the_network_gave_its_memory_back(tmp_path: Path) -> None:
    path = network(tmp_path / "network.onnx")
    done = subprocess.run([sys.executable, "-c", RESTS, path], capture_output=True, text=True, check=True)
    given_back, *results = map(float, done.stdout.split())
    assert given_back > ROWS * WIDE * 4 / MB - 1
    assert results == [2.0**DEEP] * 4


def test_between_jobs_no_network_holds_what_it_computed_in(tmp_path: Path) -> None:
    path = network(tmp_path / "network.onnx")
    done = subprocess.run([sys.executable, "-c", BETWEEN_JOBS, path], capture_output=True, text=True, check=True)
    given_back, result = map(float, done.stdout.split())
    assert given_back > ROWS * WIDE * 4 / MB - 1
    assert result == 2.0**DEEP
