"""The model store against a real web server on this machine, real folders and real processes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.errors import JobCancelled
from bridge.models import ModelStore, connection, web
from bridge.models.catalogue import Model, models
from bridge.models.web import WebFile
from tests.models.file_server import FileServer, serving
from tests.raising import raises_code

CONTENT = bytes(range(256)) * 20_000
"""5 MB that are not all alike, so that a wrong piece in the middle shows."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "FIRST_PAUSE_S", 0.01)
    monkeypatch.delenv("DAWSCRIBE_MODELS", raising=False)
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving(FileServer(CONTENT)) as running:
        yield running


def row(*urls: str, content: bytes = CONTENT, **more: object) -> Model:
    fields = {"purpose": "tests", "licence": "MIT", "file": "model.onnx", "size": len(content), **more}
    digest = hashlib.sha256(content).hexdigest()
    return Model(name="net", sha256=digest, places=tuple(WebFile(u) for u in urls), **fields)  # type: ignore[arg-type]


def store(home: Path, model: Model, *folders: Path) -> ModelStore:
    return ModelStore(home, folders, {"net": model})


def test_fetches_once_and_verifies(tmp_path: Path, server: FileServer) -> None:
    models = store(tmp_path, row(server.url))
    seen: list[tuple[str, float]] = []
    path = models.fetch("net", lambda stage, fraction: seen.append((stage, fraction)))
    assert path == tmp_path / "models" / "model.onnx"
    assert path.read_bytes() == CONTENT
    assert models.fetch("net") == models.path("net") == path
    assert len(server.asked) == 1
    assert seen[-1] == ("fetch", 1.0)
    assert [f for _, f in seen] == sorted(f for _, f in seen)
    assert not list(path.parent.glob("*.part*"))


@pytest.mark.parametrize("hangs", [False, True])
def test_continues_where_the_connection_was_cut(
    tmp_path: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    monkeypatch.setattr(connection, "TIMEOUT_S", 0.5)
    server.cut_after, server.hangs = [3_000_000, 1_000_000], hangs
    assert store(tmp_path, row(server.url)).fetch("net").read_bytes() == CONTENT
    assert server.asked[0] == ""
    starts = [int(asked[6:-1]) for asked in server.asked[1:]]
    # What was on the way when a connection goes silent may be lost, but never what was written.
    assert len(starts) == 2
    assert 0 < starts[0] <= 3_000_000 < starts[1] + 3_000_000


def test_continues_what_an_earlier_run_has_left(tmp_path: Path, server: FileServer) -> None:
    server.cut_after = [2_000_000, 0, 0, 0, 0]
    with raises_code("model-not-downloaded"):
        store(tmp_path, row(server.url)).fetch("net")
    assert (tmp_path / "models" / "model.onnx.part").stat().st_size == 2_000_000
    assert not (tmp_path / "models" / "model.onnx").exists()
    assert store(tmp_path, row(server.url)).fetch("net").read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=2000000-"


def test_starts_over_where_a_server_cannot_continue(tmp_path: Path, server: FileServer) -> None:
    server.cut_after, server.ranges = [2_000_000], False
    assert store(tmp_path, row(server.url)).fetch("net").read_bytes() == CONTENT


def test_starts_over_where_the_beginning_was_wrong(tmp_path: Path, server: FileServer) -> None:
    part = tmp_path / "models" / "model.onnx.part"
    part.parent.mkdir()
    part.write_bytes(b"x" * 1_000_000)
    assert store(tmp_path, row(server.url)).fetch("net").read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"x", CONTENT + b"x", CONTENT[:-1]])
def test_refuses_and_removes_other_content(tmp_path: Path, server: FileServer, content: bytes) -> None:
    server.content = content
    models = store(tmp_path, row(server.url))
    with raises_code("model-not-downloaded"):
        models.fetch("net")
    assert not list((tmp_path / "models").glob("model.onnx*"))
    with raises_code("model-not-ready"):
        models.path("net")


def roughly(url: str, size: int, *also: str) -> Model:
    """A row whose size is known roughly."""
    return replace(row(size=size, exact=False, also=also), places=(WebFile(url, exact=False),))


@pytest.mark.parametrize("size", [len(CONTENT), len(CONTENT) - 900_000, len(CONTENT) + 900_000])
def test_a_size_that_is_known_roughly_may_differ(tmp_path: Path, server: FileServer, size: int) -> None:
    server.cut_after = [2_000_000]
    models = store(tmp_path, roughly(server.url, size))
    assert models.fetch("net").read_bytes() == CONTENT
    assert models.path("net") == store(tmp_path, roughly(server.url, size)).path("net")
    assert server.asked == ["", "bytes=2000000-"]


def test_a_file_far_larger_than_said_is_not_downloaded(tmp_path: Path, server: FileServer) -> None:
    with raises_code("model-not-downloaded"):
        store(tmp_path, roughly(server.url, len(CONTENT) // 2)).fetch("net")
    assert not list((tmp_path / "models").glob("model.onnx*"))


def test_the_same_model_packed_otherwise_is_accepted(tmp_path: Path, server: FileServer) -> None:
    models = store(tmp_path, roughly(server.url, len(CONTENT), hashlib.sha256(b"other packing").hexdigest()))
    path = models.fetch("net")
    path.write_bytes(b"other packing")
    assert models.path("net") == path
    path.write_bytes(b"other content")
    with raises_code("model-not-ready"):
        models.path("net")


def test_tells_what_every_place_said_in_one_sentence(tmp_path: Path, server: FileServer) -> None:
    server.status = 404
    with raises_code("model-not-downloaded") as failure:
        store(tmp_path, row(server.url, "http://192.0.2.1/model.onnx")).fetch("net")
    text = str(failure.value)
    assert "the server answered 404" in text
    assert "not an https address" in text
    assert "DAWSCRIBE_MODELS" in text
    assert "\n" not in text


def test_takes_the_next_place_where_one_fails(tmp_path: Path, server: FileServer) -> None:
    with serving(FileServer(b"", status=503)) as broken:
        path = store(tmp_path, row(broken.url, server.url)).fetch("net")
        assert len(broken.asked) == web.MAX_ATTEMPTS
    assert path.read_bytes() == CONTENT


def test_follows_redirects_but_not_to_plain_http_elsewhere(tmp_path: Path, server: FileServer) -> None:
    with serving(FileServer(b"", redirect=server.url)) as door:
        assert store(tmp_path / "a", row(door.url)).fetch("net").read_bytes() == CONTENT
    with serving(FileServer(b"", redirect="http://192.0.2.1/model.onnx")) as trap:
        with raises_code("model-not-downloaded"):
            store(tmp_path / "b", row(trap.url)).fetch("net")
        assert len(trap.asked) == 1


def test_finds_a_damaged_model_and_repairs_it(tmp_path: Path, server: FileServer) -> None:
    models = store(tmp_path, row(server.url))
    path = models.fetch("net")
    path.write_bytes(b"x" + CONTENT[1:])
    assert [(r.state, r.path) for r in models.rows()] == [("damaged", path)]
    with raises_code("model-not-ready"):
        models.path("net")
    assert models.fetch("net").read_bytes() == CONTENT
    assert [r.state for r in models.rows()] == ["present"]


def test_looks_at_the_content_again_only_when_the_file_has_changed(tmp_path: Path, server: FileServer) -> None:
    path = store(tmp_path, row(server.url)).fetch("net")
    store(tmp_path, row(server.url)).path("net")
    stat = path.stat()
    path.write_bytes(b"x" + CONTENT[1:])
    # A time that was set back hides nothing.
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with raises_code("model-not-ready"):
        store(tmp_path, row(server.url)).path("net")
    # What the record says counts only for the content that the table wants.
    path.write_bytes(CONTENT)
    assert store(tmp_path, row(server.url)).path("net") == path
    with raises_code("model-not-ready"):
        store(tmp_path, row(content=b"y" + CONTENT[1:])).path("net")


def test_survives_a_damaged_record(tmp_path: Path, server: FileServer) -> None:
    path = store(tmp_path, row(server.url)).fetch("net")
    record = tmp_path / "models" / "verified.json"
    for text in ("", "[]", "{", '{"a": 1}'):
        record.write_text(text)
        assert store(tmp_path, row()).path("net") == path
    assert str(path) in json.loads(record.read_text())


def test_uses_models_in_folders_where_they_lie(
    tmp_path: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / name for name in ("wrong", "setting", "variable", "system")]
    for folder in folders:
        folder.mkdir()
        (folder / "model.onnx").write_bytes(CONTENT)
    wrong, setting, variable, system = folders
    (wrong / "model.onnx").write_bytes(b"something else")
    home = tmp_path / "home"
    assert store(home, row(server.url), wrong, setting).fetch("net") == setting / "model.onnx"
    monkeypatch.setenv("DAWSCRIBE_MODELS", f"{tmp_path / 'nowhere'}{os.pathsep}{variable}")
    assert store(home, row(server.url), wrong).fetch("net") == variable / "model.onnx"
    monkeypatch.delenv("DAWSCRIBE_MODELS")
    installed = replace(row(server.url), installed=(system / "model.onnx",))
    assert store(home, installed).fetch("net") == system / "model.onnx"
    assert server.asked == []


def test_tells_the_licence_once_and_before_the_download(tmp_path: Path, server: FileServer) -> None:
    told: list[str] = []
    model = row(server.url, notice="For research only.")

    def tell(text: str) -> None:
        assert server.asked == []
        told.append(text)

    models = store(tmp_path, model)
    models.fetch("net", tell=tell).unlink()
    models.fetch("net", tell=tell)
    assert told == ["For research only."]
    assert (tmp_path / "models" / "model.onnx.licence.txt").read_text().strip() == "For research only."


def test_whoever_is_told_the_licence_may_refuse(tmp_path: Path, server: FileServer) -> None:
    def refuse(text: str) -> None:
        raise JobCancelled

    models = store(tmp_path, row(server.url, notice="For research only."))
    for _ in range(2):
        with pytest.raises(JobCancelled):
            models.fetch("net", tell=refuse)
    assert server.asked == []


def test_a_cancelled_download_can_be_continued(tmp_path: Path, server: FileServer) -> None:
    def stop(stage: str, fraction: float) -> None:
        if fraction > 0.3:
            raise JobCancelled

    models = store(tmp_path, row(server.url))
    with pytest.raises(JobCancelled):
        models.fetch("net", stop)
    assert [r.state for r in models.rows()] == ["missing"]
    assert models.fetch("net").read_bytes() == CONTENT
    assert server.asked[1].startswith("bytes=")


def test_a_folder_that_cannot_be_written(tmp_path: Path, server: FileServer) -> None:
    (tmp_path / "models").write_text("in the way")
    with raises_code("model-unwritable"):
        store(tmp_path, row(server.url)).fetch("net")


SCRIPT = """
import sys
from pathlib import Path
from bridge.errors import DawscribeError
from bridge.models import ModelStore
from bridge.models.catalogue import Model
from bridge.models.web import WebFile

home, url, size, sha256 = sys.argv[1:]
model = Model("net", "tests", "model.onnx", int(size), sha256, "MIT", (WebFile(url),))
store = ModelStore(Path(home), (), {"net": model})
"""


def script(body: str, home: Path, url: str) -> subprocess.Popen[str]:
    digest = hashlib.sha256(CONTENT).hexdigest()
    command = [sys.executable, "-c", SCRIPT + textwrap.dedent(body), str(home), url, str(len(CONTENT)), digest]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_two_processes_download_once(tmp_path: Path, server: FileServer) -> None:
    both = [script("print(store.fetch('net'))", tmp_path, server.url) for _ in range(2)]
    printed = {process.communicate(timeout=60)[0].strip() for process in both}
    assert printed == {str(tmp_path / "models" / "model.onnx")}
    assert len(server.asked) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes that stands in for a full disk")
def test_a_full_disk_is_told_and_leaves_no_model(tmp_path: Path, server: FileServer) -> None:
    body = """
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        try:
            store.fetch("net")
        except DawscribeError as e:
            print(type(e).__name__, e)
    """
    told = script(body, tmp_path, server.url).communicate(timeout=60)[0].strip()
    assert told.startswith("StoreError The disk is too full")
    assert "\n" not in told
    assert not (tmp_path / "models" / "model.onnx").exists()


def test_nothing_is_looked_up_when_the_models_are_here(tmp_path: Path, server: FileServer) -> None:
    store(tmp_path, row(server.url)).fetch("net")
    body = """
        from bridge.models.catalogue import models
        calls = []
        watched = ("socket.", "subprocess.", "os.posix_spawn", "os.exec", "os.fork", "urllib.")
        sys.addaudithook(lambda event, args: calls.append(event) if event.startswith(watched) else None)
        store.path("net"), store.fetch("net"), store.rows()
        ModelStore(Path(home)).rows()
        print("calls:", calls)
    """
    assert script(body, tmp_path, server.url).communicate(timeout=60)[0].strip() == "calls: []"
    assert len(server.asked) == 1


def test_an_unknown_name_is_met_with_the_nearest(tmp_path: Path) -> None:
    with raises_code("model-unknown"):
        ModelStore(tmp_path).path("htdemux")
    with raises_code("model-unknown"):
        ModelStore(tmp_path).fetch("xyz")


def test_every_row_of_the_table_is_complete(tmp_path: Path) -> None:
    for model in models().values():
        assert len(bytes.fromhex(model.sha256)) == 32
        assert model.size > 0
        assert model.licence
        assert model.purpose
        assert Path(model.file).name == model.file
        assert model.shipped or model.places
        for place in model.places:
            assert not isinstance(place, WebFile) or place.url.startswith("https://")
        if model.shipped:
            assert ModelStore(tmp_path).path(model.name).stat().st_size == model.size
    files = [model.file for model in models().values()]
    assert len(set(files)) == len(files)
    assert "scientific purposes" in models()["htdemucs"].notice
    assert set(ModelStore(tmp_path).default_names()) >= {"htdemucs"}
