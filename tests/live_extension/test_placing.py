"""The script and the extension place notes alike: the same items through the Python and through the JavaScript."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.hosts.live.bundle import bundle
from tests.live_extension.studio import SOURCE, tool

SCRIPT = Path(__file__).parents[2] / "daw_scripts" / "live" / "remote_script" / "dawscribe"
RUN = """
const { placed } = require(process.argv[1]);
let text = "";
process.stdin.on("data", (d) => (text += d)).on("end", () => {
  console.log(JSON.stringify(JSON.parse(text).map(([live, bpm, rows, drums]) => placed(live, bpm, rows, drums))));
});
"""


def _placing() -> Any:
    entry = SCRIPT / "__init__.py"
    spec = importlib.util.spec_from_file_location("placing_test", entry, submodule_search_locations=[str(SCRIPT)])
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["placing_test"] = package
    spec.loader.exec_module(package)
    return importlib.import_module("placing_test.placing").Placing


def _drained(pauses: Any) -> Any:
    """What a generator of pauses returns."""
    while True:
        try:
            next(pauses)
        except StopIteration as end:
            return end.value


def _case(seed: int) -> tuple[dict[str, Any], float, list[list[float]], bool]:
    chance = random.Random(seed)
    warp: list[list[float]] = [[chance.uniform(-1, 1), chance.uniform(-2, 2)]]
    for _ in range(chance.randint(1, 6)):
        warp.append([warp[-1][0] + chance.uniform(0.2, 3), warp[-1][1] + chance.uniform(0.5, 6)])
    warped = chance.random() < 0.7
    low = chance.uniform(-2, 4)
    passes, at = [], 0.0
    for number in range(chance.randint(1, 4)):
        first = low + (1.0 if number else 0.0)
        passes.append([first, low + 5.0, at])
        at += low + 5.0 - first
    live = {
        "start_s": chance.uniform(0, 2), "warp": warp if warped else [],
        "rate": 1.0 if warped else chance.uniform(0.5, 2),
        "passes": passes, "semitones": chance.uniform(-14, 14), "repitch": chance.random() < 0.3,
    }  # fmt: skip
    rows = []
    for _ in range(200):
        onset = chance.uniform(0, 12)
        row = [
            round(onset, 4),
            round(onset + chance.uniform(0.01, 1), 4),
            chance.randint(0, 127),
            chance.randint(1, 127),
        ]
        rows.append(row)
    return live, chance.uniform(40, 220), rows, chance.random() < 0.2


def test_both_place_the_same_notes(tmp_path: Path) -> None:
    node = tool("node")
    joined = tmp_path / "placing.js"
    joined.write_text(bundle(SOURCE, "placing"), encoding="utf-8")
    placing = _placing()
    cases = [_case(seed) for seed in range(60)]
    done = subprocess.run(
        [node, "-e", RUN, str(joined)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
    )
    total = 0
    for (live, bpm, rows, drums), found in zip(cases, json.loads(done.stdout), strict=True):
        ours = _drained(placing(live, bpm).notes(rows, drums))
        theirs = [(n["pitch"], n["startTime"], n["duration"], n["velocity"]) for n in found]
        assert [(n[0], n[3]) for n in ours] == [(n[0], n[3]) for n in theirs]
        assert [x for n in ours for x in n[1:3]] == pytest.approx([x for n in theirs for x in n[1:3]], abs=1e-6)
        total += len(ours)
    assert total > 2000
