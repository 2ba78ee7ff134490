"""Files that anybody may have written: no link is followed, no limit passed, no memory wasted."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from bridge.files import read_untrusted
from tests.raising import raises_code


def test_a_file_that_grows_while_it_is_read_is_read_up_to_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "grows.json"
    path.write_bytes(b"a" * 10)
    looked = os.fstat

    def grown(handle: int) -> os.stat_result:
        status = looked(handle)
        with path.open("ab") as f:
            f.write(b"b" * 90)
        return status

    assert read_untrusted(path, 10) == b"a" * 10
    monkeypatch.setattr(os, "fstat", grown)
    assert read_untrusted(path, 40) == b"a" * 10 + b"b" * 30
    path.write_bytes(b"a" * 10)
    assert read_untrusted(path, 1000) == b"a" * 10 + b"b" * 90


def test_small_files_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    path.write_bytes(b"{}")
    tracemalloc.start()
    try:
        read_untrusted(path, 64 << 20)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1 << 20


def test_a_link_is_refused_and_never_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    for target in ("secret", "nothing", "link"):
        link = tmp_path / "link"
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        with raises_code("request-is-link"):
            read_untrusted(link, 1000)
    with pytest.raises(FileNotFoundError):
        read_untrusted(tmp_path / "gone", 1000)
