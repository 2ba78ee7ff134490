"""The notes heard so far, told by several engines at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bridge.music.notes import Note
from bridge.pipeline import preview
from bridge.pipeline.preview import PARTIAL, Preview
from tests.support import read_json

NAMES = [f"item {number}" for number in range(1000)]


def test_engines_that_tell_at_once_neither_disturb_each_other_nor_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "WRITE_S", 0.0)
    counts: list[int] = []
    made = Preview(tmp_path, NAMES, counts.append)
    failed: list[BaseException] = []

    def tell(role: str) -> None:
        try:
            for item in range(60):
                made.add(item, role, [Note(0.1, 0.2, 60, 90)])
        except BaseException as e:
            failed.append(e)

    engines = [threading.Thread(target=tell, args=(role,)) for role in ("bass", "other")]
    for engine in engines:
        engine.start()
    while any(engine.is_alive() for engine in engines):
        if (tmp_path / PARTIAL).exists():
            assert [i["name"] for i in read_json(tmp_path / PARTIAL)["items"]] == NAMES
    assert not failed
    assert counts == list(range(1, 121))
    parts = read_json(tmp_path / PARTIAL)["items"][59]["parts"]
    assert {p["role"]: p["notes"] for p in parts} == {role: [[0.1, 0.2, 60, 90]] for role in ("bass", "other")}
