"""The simulated REAPER that all tests of its scripts share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lua.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("DAWSCRIBE_HOME", str(tmp_path / "home"))
    made = Desk(tmp_path)
    yield made
    assert made.reaper.violations == []
    assert made.reaper.warnings == []
