"""Engines stay warm between jobs, give back their memory when unwanted, and hear again what another edition heard."""

from __future__ import annotations

import shutil
import sys
import weakref
from pathlib import Path

import pytest

from bridge.app import application
from bridge.config import load
from bridge.pipeline.cache import Cache
from bridge.pipeline.engines import Engines
from bridge.pipeline.options import resolve_options
from bridge.pipeline.pipeline import Pipeline
from bridge.plugins.interfaces import Context
from bridge.spool.request import AudioSpan, ItemRequest, Request
from tests.support import PLUGINS, Home


def test_only_the_newest_of_an_engine_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(PLUGINS)])
    settings = load(tmp_path)
    engines = Engines(Context(lambda name: tmp_path, tmp_path, tmp_path))
    on_cpu, on_gpu = (resolve_options({"separator": "fake", "device": d}, settings) for d in ("cpu", "gpu"))
    first = engines.separator(on_cpu, settings)
    assert engines.separator(on_cpu, settings) is first
    gone = weakref.ref(first)
    del first
    assert engines.separator(on_gpu, settings)
    assert gone() is None


def test_what_an_earlier_version_heard_is_heard_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Home, wav: Path
) -> None:
    site = tmp_path / "site"
    shutil.copytree(PLUGINS, site)
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    cache = Cache(tmp_path / "cache", limit=1e9)
    app = application(home=home.folder)

    def kept(after: str) -> list[int]:
        request = Request("test-0001", "midi_file", (ItemRequest(AudioSpan(wav), "item"),))
        Pipeline(app.settings, app.context, cache).run(request, tmp_path / after, lambda stage, fraction: None)
        return [len(list((tmp_path / "cache" / what).iterdir())) for what in ("stems", "notes")]

    stems, notes = kept("first")
    assert kept("second") == [stems, notes]
    metadata = next(site.glob("*.dist-info")) / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 1.1"))
    assert kept("third") == [2 * stems, 2 * notes]
