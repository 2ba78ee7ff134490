"""Stems that are larger than the whole cache may be are still handed out, and go when others come."""

from __future__ import annotations

from pathlib import Path

from bridge.audio.recording import Recording
from bridge.audio.span_import import import_span
from bridge.pipeline.cache import Cache


def test_stems_beyond_the_limit_serve_once(tmp_path: Path, wav: Path) -> None:
    cache = Cache(tmp_path / "cache", limit=0)

    def keep(key: str) -> dict[str, Recording]:
        draft = cache.stem_draft(key)
        return cache.keep_stems(key, draft, {"drums": import_span(wav, draft / "drums.wav")})

    first = keep("first")
    assert first["drums"].path.exists()
    keep("second")
    assert cache.stems("first") == {}
    assert set(cache.stems("second")) == {"drums"}
