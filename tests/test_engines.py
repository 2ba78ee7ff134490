"""Engines stay warm between jobs, and the memory of one that is no longer wanted is given back."""

from __future__ import annotations

import sys
import weakref
from pathlib import Path

import pytest

from bridge.config import load
from bridge.engines import Engines
from bridge.interfaces import Context
from bridge.options import run_options
from tests.support import PLUGINS


def test_only_the_newest_of_an_engine_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(PLUGINS)])
    settings = load(tmp_path)
    engines = Engines(Context(lambda name: tmp_path, tmp_path, tmp_path), None)
    on_cpu, on_gpu = (run_options({"separator": "fake", "device": d}, settings) for d in ("cpu", "gpu"))
    first = engines.separator(on_cpu, settings)
    assert engines.separator(on_cpu, settings) is first
    gone = weakref.ref(first)
    del first
    assert engines.separator(on_gpu, settings)
    assert gone() is None
