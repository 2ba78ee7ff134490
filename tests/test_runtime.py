"""The runtime: precision by what the processor has, a cache that is used, runs that can be waited for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge import runtime
from bridge.errors import PluginError
from bridge.runtime import Network, devices, fastest_precision
from tests.separators.stand_in import network


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [("fma avx2", "f32"), ("avx512f avx512_bf16", "f32"), ("avx512_bf16 amx_tile amx_bf16", "bf16")],
)
def test_bf16_is_for_processors_with_a_matrix_unit(
    flags: str, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "cpuinfo"
    listed.write_text(f"processor\t: 0\nflags\t\t: fpu {flags} rdpid\n", encoding="ascii")
    monkeypatch.setattr(runtime, "CPU_FLAGS", listed)
    assert fastest_precision("CPU") == wanted
    assert fastest_precision("GPU") == "f16"


def test_a_system_that_lists_no_flags_gets_f32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "CPU_FLAGS", tmp_path / "none")
    assert fastest_precision("CPU") == "f32"


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


def test_an_absent_device_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="auto, cpu"):
        Network(network(tmp_path / "network.onnx"), device="npu")
    assert "cpu" in dict(devices())
