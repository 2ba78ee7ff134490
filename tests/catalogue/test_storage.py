"""Songs in a bucket: a server of S3's own protocol on this machine, nothing of the net."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.catalogue.songs import content_hash, find_songs
from bridge.catalogue.table import DONE, FAILED, Row, Table
from bridge.cli import main
from bridge.errors import DawscribeError, InputError
from tests.support import PLUGINS, Home, sine

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of the server, which fsspec finds by the environment as every worker process does."""
    moto = pytest.importorskip("moto.server", reason="needs moto[s3] and flask: install/requirements-test.txt")
    pytest.importorskip("s3fs", reason="needs s3fs: install/requirements-test.txt")
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    address = f"http://{host}:{port}"
    before = dict(os.environ)
    secret = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ.update({**secret, "AWS_ENDPOINT_URL": address, "FSSPEC_S3_ENDPOINT_URL": address})
    yield address
    os.environ.clear()
    os.environ.update(before)
    running.stop()


@pytest.fixture
def bucket(server: str, tmp_path: Path) -> str:
    """A bucket with two songs, one of them in a folder, and what is no song."""
    import s3fs

    storage = s3fs.S3FileSystem(endpoint_url=server, skip_instance_cache=True)
    name = f"songs-{abs(hash(tmp_path)) % 10**9}"
    storage.mkdir(name)
    for key, hz in (("a.wav", 220.0), ("deep/b.flac", 330.0)):
        storage.put_file(str(sine(tmp_path / Path(key).name, hz=hz)), f"{name}/{key}")
    storage.pipe_file(f"{name}/notes.txt", b"no song")
    storage.pipe_file(f"{name}/bad.wav", b"no sound at all")
    return name


def rows(out: Path) -> dict[str, Row]:
    table = Table(out)
    found = {row.path: row for row in table.rows()}
    table.close()
    return found


def test_a_bucket_is_found_and_read(bucket: str, tmp_path: Path) -> None:
    found = list(find_songs([f"s3://{bucket}"], tmp_path / "out"))
    assert [s.path for s in found] == [f"s3://{bucket}/{n}" for n in ("a.wav", "bad.wav", "deep/b.flac")]
    assert all(s.size and s.modified for s in found)
    assert content_hash(found[0].path) == content_hash(str(tmp_path / "a.wav"))
    with pytest.raises(InputError):
        list(find_songs(["s3://no-such-bucket/deep"], tmp_path / "out"))
    with pytest.raises((OSError, DawscribeError)):
        content_hash(f"s3://{bucket}/gone.wav")


def test_a_bucket_that_one_may_not_list_is_a_sentence(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import botocore.exceptions
    import s3fs

    def refuse(*_: object, **__: object) -> None:
        raise botocore.exceptions.NoCredentialsError

    monkeypatch.setattr(s3fs.S3FileSystem, "find", refuse)
    with pytest.raises(InputError) as failure:
        list(find_songs(["s3://songs"], tmp_path / "out"))
    assert failure.value.code == "storage-unlistable"


def test_a_bucket_becomes_a_catalogue(
    bucket: str, tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAWSCRIBE_HOME", str(home.folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PLUGINS), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.syspath_prepend(PLUGINS)
    out = tmp_path / "out"
    assert main(["catalogue", f"s3://{bucket}", "-o", str(out), "--workers", "1"]) == 2
    found = rows(out)
    states = {path.removeprefix(f"s3://{bucket}/"): row.state for path, row in found.items()}
    assert states == {"a.wav": DONE, "deep/b.flac": DONE, "bad.wav": FAILED}
    song = found[f"s3://{bucket}/a.wav"]
    assert song.notes > 0
    assert (out / song.folder / "song.mid").is_file()
    capsys.readouterr()
    assert main(["catalogue", f"s3://{bucket}", "-o", str(out), "--workers", "1"]) == 0
    assert "3 done before" in capsys.readouterr().out
