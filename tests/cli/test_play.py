"""`dawscribe play`: which item of a job is played, and files that cannot be. triggers/test_midi.py has real ports."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mido
import pytest

from bridge.cli import entry as cli
from bridge.jobs.store import JobStore
from bridge.spool.status import Status
from tests.support import Home


class OnePort:
    """A MIDI library with one port, which keeps what is sent."""

    name = "synth"

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def open_output(self, name: str, **options: object) -> OnePort:
        return self

    def send(self, message: Any) -> None:
        self.sent.append(message)

    def close(self) -> None:
        pass


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch, home: Home) -> Iterator[OnePort]:
    made = OnePort()
    monkeypatch.setenv("DAWSCRIBE_HOME", str(home.folder))
    monkeypatch.setattr("bridge.cli.commands.play.midi_backend", lambda api: made)
    monkeypatch.setattr("bridge.cli.commands.play.SETTLE_S", 0.0)
    handlers = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    yield made
    for number, handler in handlers.items():
        signal.signal(number, handler)


def midi_file(path: Path, key: int = 60, **options: Any) -> Path:
    midi = mido.MidiFile(**options)
    midi.tracks.append(mido.MidiTrack([mido.Message("note_on", note=key), mido.Message("note_off", note=key, time=1)]))
    midi.save(path)
    return path


def three_items(home: Home, wav: Path) -> None:
    store = JobStore(home.folder)
    job = store.accept(home.request("three-0001", wav))
    folder = store.path(job.id)
    names = ("Verse", "Chorus", "Bridge")
    items = [{"name": name, "midi": midi_file(folder / f"{name}.mid", 60 + i).name} for i, name in enumerate(names)]
    (folder / "result.json").write_text(json.dumps({"items": items}))
    job.status = Status("done")
    store.save(job)


@pytest.mark.parametrize(("more", "number", "name"), [((), 1, "Verse"), (("--item", "3"), 3, "Bridge")])
def test_one_item_of_a_job_is_played_and_named(
    home: Home,
    wav: Path,
    port: OnePort,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    number: int,
    name: str,
) -> None:
    three_items(home, wav)
    assert cli.main(["play", "last", *more]) == 0
    assert capsys.readouterr().out == f"Playing item {number} of 3: {name}, on synth.\n"
    assert [m.note for m in port.sent if m.type == "note_on"] == [59 + number]


def test_an_item_that_the_job_has_not(
    home: Home, wav: Path, port: OnePort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    three_items(home, wav)
    for number in ("0", "4"):
        assert cli.main(["play", "last", "--item", number]) == 2
        assert "choose --item from 1 to 3" in capsys.readouterr().err
    assert cli.main(["play", str(midi_file(tmp_path / "song.mid")), "--item", "2"]) == 2
    assert "leave --item out" in capsys.readouterr().err


def test_a_file_is_one_whatever_the_case_of_its_suffix(tmp_path: Path, port: OnePort) -> None:
    assert cli.main(["play", str(midi_file(tmp_path / "song.MID"))]) == 0


@pytest.mark.parametrize("more", [[], ["--clock"]])
@pytest.mark.parametrize("damage", ["patterns", "no ticks", "frames", "text"])
def test_files_that_cannot_be_played(
    tmp_path: Path, port: OnePort, capsys: pytest.CaptureFixture[str], damage: str, more: list[str]
) -> None:
    file = midi_file(tmp_path / "song.mid", type=2 if damage == "patterns" else 1)
    data = file.read_bytes()
    # The header's last two bytes: ticks per beat, or where negative frames and their parts.
    division = {"patterns": data[12:14], "no ticks": bytes(2), "frames": b"\xe7\x28", "text": b""}[damage]
    file.write_bytes(b"not MIDI" if damage == "text" else data[:12] + division + data[14:])
    assert cli.main(["play", str(file), *more]) == 2
    assert "song.mid is not a MIDI file that can be played" in capsys.readouterr().err
