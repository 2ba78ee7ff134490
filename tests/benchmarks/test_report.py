"""What the benchmark prints and draws of its measurements."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.benchmarks import chart, peers
from tests.benchmarks.measure import Cost, median, run
from tests.benchmarks.peers import AVX2, COLD, TORCH, table


def test_the_table_gives_medians_and_their_ratio() -> None:
    torch = [Cost(30, 50, 900), Cost(20, 40, 800), Cost(90, 60, 1000)]
    costs = {"8 s": {TORCH: torch, COLD: [Cost(10, 12, 700)], COLD + AVX2: [Cost(21, 22, 700)]}}
    rows = table(costs).splitlines()
    assert rows[2] == f"| 8 s | {TORCH} | 30.0 | 50.0 | 900 | 1.0 |  |"
    assert rows[3] == f"| 8 s | {COLD} | 10.0 | 12.0 | 700 | 3.0 | 21.0 |"
    assert len(rows) == 4
    assert median([Cost(1, 5, 3), Cost(2, 4, 9), Cost(3, 6, 1)]) == Cost(2, 5, 3)


def test_roads_are_measured_once_where_the_processor_has_avx2_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = {"DAWSCRIBE_HOME": str(tmp_path / "home")}
    flags = tmp_path / "cpuinfo"
    flags.write_text("flags : fma avx2 avx512f")
    assert peers.has_avx512(flags)
    flags.write_text("flags : fma avx2")
    assert not peers.has_avx512(flags)
    monkeypatch.setattr(peers, "has_avx512", lambda: False)
    assert set(peers.roads(env)) == set(peers.ROADS)
    monkeypatch.setattr(peers, "has_avx512", lambda: True)
    assert len(peers.roads(env)) == 2 * len(peers.ROADS)


def test_a_command_is_measured_and_its_failure_told(tmp_path: Path) -> None:
    cost = run([sys.executable, "-c", "b = bytearray(200_000_000); print(sum(range(10**6)))"])
    assert cost.peak_mb > 190
    assert cost.cpu_s > 0
    with pytest.raises(RuntimeError, match="no such thing"):
        run([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_the_chart_is_a_picture_with_bars_of_both_colours(tmp_path: Path) -> None:
    chart.draw(tmp_path / "chart.png", {"8 s": {TORCH: 20.0, COLD: 5.0}})
    with Image.open(tmp_path / "chart.png") as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 16) or []}
    assert set(chart.COLOURS.values()) <= colours
