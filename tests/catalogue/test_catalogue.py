"""``dawscribe catalogue``: real files, real worker processes, kills, a report and a dataset."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.catalogue.local_workers import ENDED, fitting_workers, run_locally
from bridge.catalogue.report import doubts, instrument_of, page
from bridge.catalogue.songs import content_hash, find_songs
from bridge.catalogue.table import DONE, FAILED, FILE, Row, Table
from bridge.catalogue.task import Task
from bridge.cli import main
from bridge.errors import DawscribeError
from tests.raising import raises_code
from tests.support import PATIENCE_S, sine, wait_for

STAND_IN = """
import json, os, sys, time
for line in sys.stdin:
    task = json.loads(line)
    time.sleep(float(task["stamp"]))
    if task["path"].startswith("deadly"):
        os._exit(9)
    print(json.dumps({"path": task["path"], "stamp": task["stamp"], "content": "c" * 64, "engines": task["engines"],
                      "state": "done"}), flush=True)
"""
"""A worker whose songs take as long as their stamp says, and of which some kill it."""


@pytest.fixture
def songs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three songs, one of them no audio; the home uses no separation."""
    monkeypatch.setenv("DAWSCRIBE_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir(mode=0o700)
    settings = '[separation]\nseparator = "whole_mix"\n[score]\nfind_tempo = false\n'
    (tmp_path / "home" / "config.toml").write_text(settings)
    folder = tmp_path / "songs"
    (folder / "deep").mkdir(parents=True)
    sine(folder / "a.wav", hz=220.0)
    sine(folder / "deep" / "b.flac", hz=330.0)
    (folder / "bad.wav").write_bytes(b"no sound at all")
    (folder / "notes.txt").write_text("no song")
    return folder


def rows(out: Path) -> dict[str, Row]:
    table = Table(out)
    found = {Path(row.path).name: row for row in table.rows()}
    table.close()
    return found


@pytest.mark.slow
def test_a_folder_becomes_a_table_and_one_bad_file_stops_nothing(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["catalogue", str(songs), "-o", str(out), "--json"]) == 2
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (end["done"], end["failed"]) == (2, 1)
    found = rows(out)
    assert {name: row.state for name, row in found.items()} == {"a.wav": DONE, "b.flac": DONE, "bad.wav": FAILED}
    assert "bad.wav" in found["bad.wav"].error
    assert found["a.wav"].notes == 1
    assert found["a.wav"].content == content_hash(str(songs / "a.wav"))
    assert (out / found["a.wav"].folder / "song.mid").is_file()

    # What was done is not done again; a moved file is known by its content, a changed one is done anew.
    before = (out / found["a.wav"].folder / "row.json").stat().st_mtime_ns
    (songs / "a.wav").rename(songs / "moved.wav")
    sine(songs / "deep" / "b.flac", hz=440.0)
    main(["catalogue", str(songs), "-o", str(out), "--json"])
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (end["kept"], end["done"], end["failed"]) == (1, 2, 0)
    again = rows(out)
    assert again["moved.wav"].folder == found["a.wav"].folder
    assert (out / again["moved.wav"].folder / "row.json").stat().st_mtime_ns == before
    assert again["b.flac"].content != found["b.flac"].content

    assert main(["catalogue", "report", str(out)]) == 0
    assert "moved.wav" in (out / "report" / "index.html").read_text()


def test_a_killed_catalogue_keeps_every_row_it_told(tmp_path: Path) -> None:
    Table(tmp_path, create=True).close()
    code = (
        "import sys; from pathlib import Path; from bridge.catalogue.table import Row, Table\n"
        "t = Table(Path(sys.argv[1]))\n"
        "for i in range(10**6):\n"
        "    t.put(Row(str(i), '1', 'c', 'e', 'done')); print(i, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(20)][-1]
        process.kill()
    table = Table(tmp_path)
    assert {str(i) for i in range(told + 1)} <= {row.path for row in table.rows()}
    table.close()


def tasks(*paths: str, seconds: float = 0.0) -> Iterator[Task]:
    return (Task(path, str(seconds), "", "e") for path in paths)


def test_a_song_that_kills_its_worker_fails_alone() -> None:
    names = [*(f"song {i}" for i in range(5)), "deadly", *(f"more {i}" for i in range(5))]
    found = list(run_locally(tasks(*names), 2, [sys.executable, "-c", STAND_IN]))
    assert sorted(row.path for row in found) == sorted(names)
    assert [(row.path, row.error) for row in found if row.state == FAILED] == [("deadly", ENDED)]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_workers_killed_at_random_lose_and_double_nothing() -> None:
    import psutil

    names, stop = [f"song {i}" for i in range(60)], threading.Event()

    def kill() -> None:
        while not stop.wait(0.25):
            for child in psutil.Process().children()[:1]:
                os.kill(child.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        found = list(run_locally(tasks(*names, seconds=0.02), 2, [sys.executable, "-c", STAND_IN]))
    finally:
        stop.set()
        killer.join()
    assert sorted(row.path for row in found) == sorted(names)


def test_an_abandoned_run_leaves_no_process() -> None:
    import psutil

    before = {p.pid for p in psutil.Process().children()}
    run = run_locally(tasks(*map(str, range(100)), seconds=0.05), 2, [sys.executable, "-c", STAND_IN])
    next(run)
    run.close()  # type: ignore[attr-defined]
    assert {p.pid for p in psutil.Process().children()} <= before


def test_a_song_that_is_found_after_the_end_starts_no_process() -> None:
    import psutil

    asked, ended = threading.Event(), threading.Event()
    first, second = tasks("1", "2", seconds=0.0)

    def found() -> Iterator[Task]:
        yield first
        asked.set()
        ended.wait(PATIENCE_S)
        yield second

    before = {p.pid for p in psutil.Process().children()}, threading.active_count()
    run = run_locally(found(), 2, [sys.executable, "-c", STAND_IN])
    next(run)
    assert asked.wait(PATIENCE_S)
    run.close()  # type: ignore[attr-defined]
    ended.set()
    wait_for(lambda: threading.active_count() <= before[1], "the threads' end")
    assert {p.pid for p in psutil.Process().children()} <= before[0]


def test_there_is_always_a_worker() -> None:
    assert fitting_workers() >= 1


def test_songs_are_found_once_and_results_are_none(tmp_path: Path) -> None:
    out = tmp_path / "music" / "out"
    (out / "songs").mkdir(parents=True)
    for name in ("b.WAV", "a.mp3", ".hidden.wav", "text.txt", "out/songs/stem.wav"):
        (tmp_path / "music" / name).write_bytes(b"x")
    found = list(find_songs([str(tmp_path / "music"), str(tmp_path / "music" / "a.mp3")], out))
    assert [Path(s.path).name for s in found] == ["a.mp3", "b.WAV"]
    with raises_code("songs-not-found"):
        list(find_songs([str(tmp_path / "nowhere")], out))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take only names that are text")
def test_a_name_that_is_no_text_is_left_out_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    (music / os.fsdecode(b"bad\xff.wav")).write_bytes(b"x")
    assert main(["catalogue", str(music), "-o", str(tmp_path / "out"), "--workers", "1"]) == 2
    told = capsys.readouterr()
    assert "rename the file" in told.err
    assert "0 songs done" in told.out


def test_a_song_by_url_is_found_and_read(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    sine(tmp_path / "a.wav")
    found = list(find_songs([f"file://{tmp_path}"], tmp_path / "out"))
    assert [s.path for s in found] == [f"file://{tmp_path}/a.wav"]
    assert content_hash(found[0].path) == content_hash(str(tmp_path / "a.wav"))


def test_a_damaged_or_newer_table_is_a_sentence(tmp_path: Path) -> None:
    with raises_code("catalogue-not-found"):
        Table(tmp_path)
    (tmp_path / FILE).write_bytes(b"junk" * 2000)
    with raises_code("catalogue-unreadable"):
        Table(tmp_path)
    (tmp_path / FILE).unlink()
    db = sqlite3.connect(tmp_path / FILE)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with raises_code("catalogue-too-new"):
        Table(tmp_path)


SONG = Row("/x/a.wav", "1", "c" * 64, "e", DONE, "songs/cc/c", 60.0, 120.0, "C major", {"Drums": 8}, 0.9, 3.0)


def test_doubts_name_what_is_likely_wrong() -> None:
    assert doubts(SONG) == []
    assert doubts(replace(SONG, bpm=None)) == ["beat not certain"]
    assert doubts(replace(SONG, confidence=0.4)) == ["low confidence"]
    assert doubts(replace(SONG, parts={"Drums": 8, "Bass": 0})) == ["Bass is empty"]
    assert doubts(replace(SONG, parts={})) == ["no notes"]


def test_instruments_are_counted_by_song_and_not_by_part() -> None:
    names = ("Guitar (left) 2?", "Guitar (right)", "Guitar", "Keys 1?", "Lead?", "909")
    assert [instrument_of(n) for n in names] == ["Guitar", "Guitar", "Guitar", "Keys", "Lead", "909"]
    text = page([replace(SONG, parts={"Keys 1?": 3, "Keys 2?": 4, "Bass": 0})])
    assert '<th scope="row">Keys</th><td><meter min="0" max="1" value="1">' in text
    assert '<th scope="row">Bass</th>' not in text


def test_names_of_songs_are_data_and_no_code() -> None:
    evil = "</script><script>alert(1)</script>"
    text = page([replace(SONG, path=evil, parts={evil: 3}, key=evil, warnings=[evil])])
    assert "<script>alert" not in text
    assert json.loads(text.split('id="data">')[1].split("</script>")[0])[0]["path"] == evil


@pytest.mark.slow
def test_the_dataset_holds_every_note(songs: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "out"
    (songs / "bad.wav").unlink()
    assert main(["catalogue", str(songs), "-o", str(out)]) == 0
    assert main(["catalogue", "export", str(out), "-o", str(tmp_path / "data")]) == 0
    notes = parquet.read_table(tmp_path / "data" / "notes.parquet").to_pylist()
    assert {(Path(n["song"]).name, n["pitch"]) for n in notes} == {("a.wav", 57), ("b.flac", 64)}
    listed = parquet.read_table(tmp_path / "data" / "songs.parquet").to_pylist()
    assert all((tmp_path / "data" / "midi" / song["midi"]).is_file() for song in listed)


def hear_in_no_time(task: Task) -> Row:
    """Stand in for the pipeline on a cluster."""
    time.sleep(float(task.stamp))
    return Row(task.path, task.stamp, "c", task.engines, DONE)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_does_the_same() -> None:
    distributed = pytest.importorskip("distributed")
    from bridge.catalogue.cluster import run_on_cluster

    # Threads: importlib-loaded test modules cannot be imported by another process.
    with distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as c:
        names = [f"song {i}" for i in range(20)]
        found = list(run_on_cluster(tasks(*names, seconds=0.01), c.scheduler_address, work=hear_in_no_time))
    assert sorted(row.path for row in found) == sorted(names)
    assert {row.state for row in found} == {DONE}


def raises_on_seven(task: Task) -> Row:
    """Stand in for a song that ends its worker."""
    if task.path == "song 7":
        raise RuntimeError(task.path)
    return hear_in_no_time(task)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_bad_song_takes_none_of_its_bundle_with_it() -> None:
    distributed = pytest.importorskip("distributed")
    from bridge.catalogue.cluster import run_on_cluster

    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as c:
        names = [f"song {i}" for i in range(40)]  # the first four alone, then bundles
        found = list(run_on_cluster(tasks(*names, seconds=0.001), c.scheduler_address, work=raises_on_seven))
    assert sorted(row.path for row in found) == sorted(names)
    assert [row.path for row in found if row.state == FAILED] == ["song 7"]


def test_short_songs_go_in_bundles_of_about_a_second() -> None:
    pytest.importorskip("distributed")
    from bridge.catalogue.cluster import MAX_BUNDLE, bundle_of

    assert [bundle_of(s) for s in (30.0, 0.9, 0.25, 0.0)] == [1, 1, 4, MAX_BUNDLE]


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    from bridge.catalogue import cluster

    monkeypatch.setattr(cluster, "CONNECT_S", 0.2)
    with pytest.raises(DawscribeError, match="No scheduler answers"):
        list(cluster.run_on_cluster(tasks("a"), "tcp://127.0.0.1:9"))
