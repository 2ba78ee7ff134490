"""Helpers that several tests share: a home with fake engines, its daemon as a real process, small audio files."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bridge.audio.recording import Recording
from bridge.music.general_midi import Instrument
from bridge.music.notes import Bend, Note
from bridge.music.parts import Part, Transcription
from bridge.pipeline.live_stem import StemFeed
from bridge.pipeline.stem_files import StemSink
from bridge.plugins.interfaces import AudioSource, Separator, Transcriber

PLUGINS = Path(__file__).parent / "data" / "plugins"
"""A folder with the entry points of bridge.testing's fakes, as an installed package has them."""
FAKES = """
[separation]
separator = "fake"
[transcription]
drums = "fake"
bass = "fake"
vocals = "fake"
other = "fake"
[score]
find_tempo = false
[triggers.fake]
enabled = false
"""
PATIENCE_S = 120.0
"""Longest wait for anything; only a failing test waits that long."""


def sine(path: Path, *, seconds: float = 2.0, rate: int = 44_100, hz: float = 220.0, channels: int = 2) -> Path:
    """A quiet sine as an audio file; the format follows the suffix."""
    t = np.arange(int(seconds * rate)) / rate
    samples = 0.3 * np.sin(2 * np.pi * hz * t)
    soundfile.write(path, np.repeat(samples[:, None], channels, 1), rate)
    return path


def wait_for(condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> Any:
    """The first true value of ``condition``."""
    end = time.monotonic() + patience_s
    while not (value := condition()):
        assert time.monotonic() < end, f"{what} did not happen within {patience_s:.0f} s"
        time.sleep(0.01)
    return value


class Home:
    """A dawscribe home in a temporary folder, with fake engines, and commands that run in it."""

    def __init__(self, folder: Path, config: str = "") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.configure(config)
        paths = [str(PLUGINS), os.environ.get("PYTHONPATH", "")]
        self.env = {**os.environ, "DAWSCRIBE_HOME": str(folder), "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        self._daemons: list[subprocess.Popen[str]] = []

    def configure(self, config: str) -> None:
        """Write config.toml: the fakes, then ``config``."""
        (self.folder / "config.toml").write_text(FAKES + config, encoding="utf-8")

    def run(self, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``dawscribe`` with arguments."""
        done = subprocess.run(
            [sys.executable, "-m", "bridge", *map(str, arguments)],
            env=self.env, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
        return done

    def start(self) -> subprocess.Popen[str]:
        """Start the daemon as a process and wait until it serves."""
        command = [sys.executable, "-m", "bridge", "daemon", "--verbose"]
        log = (self.folder / "verbose.log").open("a")
        process = subprocess.Popen(command, env=self.env, stdout=log, stderr=log, text=True)
        log.close()
        self._daemons.append(process)
        wait_for(lambda: self.beat().get("pid") == process.pid or process.poll() is not None, "the daemon's start")
        assert process.poll() is None, (self.folder / "verbose.log").read_text()
        return process

    def beat(self) -> dict[str, Any]:
        """daemon.json."""
        return read_json(self.folder / "daemon.json")

    def request(
        self, job_id: str, audio: Path, options: Mapping[str, Any] | None = None, host: str = "fake"
    ) -> dict[str, Any]:
        """A request for one item."""
        items = [{"name": audio.stem, "audio": {"path": str(audio)}}]
        return {"protocol": 1, "id": job_id, "host": host, "items": items, "options": dict(options or {})}

    def submit(self, request: Mapping[str, Any]) -> str:
        """Put a request into the inbox as a DAW script does; its id."""
        inbox = self.folder / "inbox"
        inbox.mkdir(parents=True, exist_ok=True)
        draft = inbox / f"{request['id']}.tmp"
        draft.write_text(json.dumps(request), encoding="utf-8")
        draft.rename(inbox / f"{request['id']}.json")
        return str(request["id"])

    def status(self, job_id: str) -> dict[str, Any]:
        """status.json of a job, empty where it is not there yet."""
        return read_json(self.folder / "jobs" / job_id / "status.json")

    def wait_end(self, job_id: str) -> dict[str, Any]:
        """The status of a job once it has ended."""
        final = ("done", "failed", "cancelled")
        wait_for(lambda: self.status(job_id).get("state") in final, f"the end of {job_id}")
        return self.status(job_id)

    def start_if_dead(self) -> None:
        """Start the daemon again where it was ended."""
        if not self._daemons or self._daemons[-1].poll() is not None:
            self.start()

    def reap(self, patience_s: float = 0.3) -> None:
        """Give a daemon that was just killed the moment that its end takes."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._daemons[-1].wait(patience_s)

    def kill(self) -> None:
        """End all daemons of this test the hard way, and their workers with them."""
        for process in self._daemons:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()


def vanish(folder: Path) -> None:
    """Take a folder away in one step, as no program that writes into it can hinder; then delete it."""
    shutil.rmtree(folder.rename(folder.parent.parent / f"{folder.name}.gone"), ignore_errors=True)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object, empty where there is no such file."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def part_of(stem: str, notes: Sequence[Note] = (), bends: Sequence[Bend] = ()) -> Part:
    """Return a part as a transcriber gives it that tells no instruments."""
    return Transcription.single(stem, notes, bends).parts[0]


def track(
    role: str,
    name: str,
    notes: Sequence[Note] = (),
    bends: Sequence[Bend] = (),
    program: int = 0,
    is_drums: bool = False,
    pieces: Mapping[int, str] | None = None,
) -> Part:
    """Return a part with a name and a program of its own."""
    return Part(role, role, Instrument(name, program, role, is_drums), tuple(notes), tuple(bends), (), pieces or {})


class Told:
    """A progress that hands what it is told to a function of stage and fraction."""

    def __init__(self, report: Callable[[str, float], None] = lambda stage, fraction: None) -> None:
        self._report = report

    def fraction(self, fraction: float) -> None:
        self._report("", fraction)

    def notes(self, part_id: str, notes: Sequence[Note]) -> None:
        """Nobody watches."""


def transcribed(
    engine: Transcriber, source: AudioSource, report: Callable[[str, float], None] = lambda stage, fraction: None
) -> Transcription:
    """What an engine hears in one source."""
    return engine.transcribe({source.role: source}, Told(report))


@dataclass(frozen=True)
class SeparatedStem:
    """A stem as a file."""

    role: str
    audio: Recording


def separated(
    separator: Separator, mix: Recording, roles: Sequence[str], folder: Path, report: Callable[[str, float], None]
) -> list[SeparatedStem]:
    """What a separator yields, in files as the pipeline writes them."""
    with StemSink(roles, mix, folder, StemFeed()) as sink:
        for block in separator.separate(mix, roles, Told(report)):
            sink.write(block)
        return [SeparatedStem(role, audio) for role, audio in sink.finish().items()]
