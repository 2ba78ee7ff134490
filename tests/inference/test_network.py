"""The runtime: precision by what the processor has, a cache that is used, runs that can be waited for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bridge.inference.graph_rewrite import Rewrite
from bridge.inference.network import Network, devices
from bridge.inference.precision import bf16_pays, fastest_precision, may_use_bf16
from tests.raising import raises_code
from tests.separators.stand_in import network


@pytest.mark.parametrize(
    ("processor", "flags", "pays"),
    [
        ("Intel(R) Xeon(R) Processor", "avx512f avx512_bf16", False),
        ("Intel(R) Xeon(R) Processor", "avx512_bf16 amx_tile amx_bf16", True),
        ("AMD EPYC", "avx512f avx512_bf16", True),
    ],
)
def test_bf16_pays_with_a_matrix_unit_and_on_amd(processor: str, flags: str, pays: bool, tmp_path: Path) -> None:
    listed = tmp_path / "cpuinfo"
    listed.write_text(f"processor\t: 0\nflags\t\t: fpu {flags} rdpid\n", encoding="ascii")
    assert bf16_pays(processor, listed) == pays


def test_a_system_that_lists_no_flags_gets_f32_where_it_has_to_ask(tmp_path: Path) -> None:
    assert not bf16_pays("Intel(R) Core(TM)", tmp_path / "none")


@pytest.mark.parametrize(
    ("most", "may"), [("AVX2", False), ("AVX512_CORE", False), ("avx512_core_bf16", True), ("DEFAULT", True)]
)
def test_the_user_says_which_instructions_are_used(most: str, may: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", most)
    assert may_use_bf16() == may


def test_a_processor_told_to_do_without_bf16_computes_in_f32() -> None:
    # In a process of its own: the runtime reads the variable once.
    code = (
        "from pathlib import Path; import bridge; from bridge.inference.network import Network;"
        "from bridge.inference.speed import machine_gflops;"
        "print(Network(Path(bridge.__file__).parent / 'data' / 'drums.onnx').precision, machine_gflops() > 0)"
    )
    env = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["f32", "True"], done.stderr


def test_each_device_has_its_precision() -> None:
    assert fastest_precision("GPU") == "f16"
    assert fastest_precision("CPU") in ("bf16", "f32")


def test_a_started_run_gives_what_a_plain_call_gives(tmp_path: Path) -> None:
    path = network(tmp_path / "network.onnx", spectrum=0.3)
    made = Network(path, precision="f32", cache=tmp_path / "cache")
    rng = np.random.default_rng(9)
    mix = rng.standard_normal((1, 2, 343_980)).astype(np.float32)
    spectrum = rng.standard_normal((1, 4, 2048, 336)).astype(np.float32)
    wanted = made(mix, spectrum)
    made.start(mix * 0, spectrum * 0)
    made.cancel()
    made.start(mix, spectrum)
    while not made.wait(1.0):
        pass
    for found, expected in zip(made.outputs(), wanted, strict=True):
        assert np.array_equal(found, expected)
    assert any((tmp_path / "cache").iterdir())


def test_work_is_done_beside_a_run_and_its_failure_leaves_the_network_usable(tmp_path: Path) -> None:
    made = Network(network(tmp_path / "network.onnx", spectrum=0.3), precision="f32")
    mix, spectrum = np.ones((1, 2, 343_980), np.float32), np.ones((1, 4, 2048, 336), np.float32)

    def fails() -> None:
        raise ValueError("work")

    with pytest.raises(ValueError, match="work"):
        made.beside(fails, mix, spectrum)
    outputs, worked = made.beside(lambda: "done", mix, spectrum)
    assert worked == "done"
    for found, expected in zip(outputs, made(mix, spectrum), strict=True):
        assert np.array_equal(found, expected)


def test_an_absent_device_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with raises_code("device-unavailable"):
        Network(network(tmp_path / "network.onnx"), device="npu")
    assert "cpu" in dict(devices())


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_pytorchs_devices_are_the_torch_separators_alone(device: str, tmp_path: Path) -> None:
    assert Network(network(tmp_path / "network.onnx"), device=device, precision="f32").device == "CPU f32 (OpenVINO)"


@pytest.mark.parametrize("rewrite", [None, Rewrite("nothing-1", lambda model: None)])
def test_a_cache_that_cannot_be_written_is_done_without(rewrite: Rewrite | None, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = network(tmp_path / "network.onnx")
    made = Network(path, precision="f32", cache=tmp_path / "file" / "cache", rewrite=rewrite)
    assert made.input_shape(0) == (1, 2, 343_980)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root to mount a disk that is read-only")
@pytest.mark.parametrize("rewrite", [None, Rewrite("nothing-1", lambda model: None)])
def test_a_cache_on_a_disk_that_is_read_only_is_done_without(rewrite: Rewrite | None, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    path = network(tmp_path / "network.onnx")
    if shutil.which("mount") is None or _mount("-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(disk)):
        pytest.skip("this container may not mount a tmpfs")
    try:
        Network(path, precision="f32", cache=disk, rewrite=rewrite)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _mount(*options: str) -> int:
    return subprocess.run(["mount", *options], capture_output=True, check=False).returncode


TRIES = 4
FIRST_ARRAYS = """
import sys, threading
from pathlib import Path
import numpy as np
from bridge.inference.network import Network

path, count = Path(sys.argv[1]), 8
networks = [Network(path, precision="f32") for _ in range(count)]
inputs = [np.zeros(networks[0].input_shape(i), np.float32) for i in range(2)]
at_once = threading.Barrier(count)

def run(network):
    at_once.wait()
    network.start(*inputs)
    network.cancel()

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=run, args=(n,)) for n in networks]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.slow
def test_networks_of_several_threads_may_begin_at_once(tmp_path: Path) -> None:
    path = network(tmp_path / "network.onnx")
    for _ in range(TRIES):
        # Without the care taken at loading, one of three processes never ends.
        done = subprocess.run([sys.executable, "-c", FIRST_ARRAYS, path], timeout=60, check=False)
        assert done.returncode == 0
