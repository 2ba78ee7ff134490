"""A small round of the campaign; ``python -m tests.faults.campaign`` is the large one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.campaign import PARTS

ROOT = Path(__file__).parents[2]
SMALL = {"packets": 3000, "audio": 60, "kills": 5, "copies": 1, "inbox": 300, "limits": 1}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits and signals as Linux has them")
@pytest.mark.parametrize("part", SMALL)
def test_nothing_breaks(part: str) -> None:
    assert part in PARTS
    command = [sys.executable, "-m", "tests.faults.campaign", part, "--count", str(SMALL[part]), "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
