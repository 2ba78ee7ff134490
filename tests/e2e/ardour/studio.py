"""A musician's evening: dawscribe set up, a session with a song, the real Ardour in front of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from tests.e2e.ardour.desktop import NEEDED, Desktop, Place, free_port
from tests.e2e.ardour.session_file import SavedRegion, Session
from tests.support import read_json, wait_for

HERE = Path(__file__).parent
RATE = 44_100
POSITION = 154_350
"""Samples: 3.5 s, where the fixture's tempo is still constant; the ramp begins 0.2 s later."""
REGION = (351, 363)
"""A point inside the region of the only track, in the window as Ardour lays it out without a window manager."""
SELECTED = "50x40+296+340"
"""An area of the region: red, and orange on the waveform, once it is selected; grey and pink before."""
BUTTON = (1250, 44)
"""The toolbar's script button 3."""
PATIENCE_S = 420.0
"""Longest wait for a transcription; on an idle machine it takes ten seconds, and only a failing test waits on."""


def require_programs() -> None:
    """Skip where Ardour or the virtual screen is missing; fail there in CI."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        reason = f"{', '.join(missing)} missing: 'sh install/check.sh' installs them"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def set_up(root: Path, config: str, environment: dict[str, str]) -> Place:
    """A fresh home with Ardour's configuration, dawscribe's settings, and ``dawscribe setup ardour`` done."""
    place = Place(root, free_port(), extra=environment)
    place.write_config()
    place.spool.mkdir()
    (place.spool / "config.toml").write_text(config + "\n[triggers.osc]\nenabled = false\n")
    dawscribe(place, "setup", "ardour")
    return place


def dawscribe(place: Place, *arguments: str) -> str:
    """Run dawscribe's command line as this musician."""
    done = subprocess.run(
        [sys.executable, "-m", "bridge", *arguments], env=place.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_session(place: Place, audio: npt.NDArray[np.float32], position: int = POSITION) -> Path:
    """A session whose only region, at ``position``, plays (channels, frames) under a tempo map with a ramp."""
    folder = place.root / "song"
    shape = {"CHANNELS": len(audio), "LENGTH": audio.shape[1], "POSITION": position, "RATE": RATE}
    printed = place.lua(HERE / "make_session.lua", SESSION=folder, **shape)
    sources = [line.removeprefix("source ") for line in printed.splitlines() if line.startswith("source ")]
    assert len(sources) == len(audio), printed
    for path, samples in zip(sources, audio, strict=True):
        soundfile.write(path, samples, RATE, format="WAV", subtype="FLOAT")
    for peaks in (folder / "peaks").iterdir():
        peaks.unlink()
    return folder


def export(place: Place, session: Path, mute: str, frames: int) -> npt.NDArray[np.float32]:
    """What Ardour exports of the session, (frames,), without one track."""
    folder = place.root / "export"
    folder.mkdir(exist_ok=True)
    place.lua(HERE / "export.lua", SESSION=session, FOLDER=folder, MUTE=mute, END=frames)
    samples, rate = soundfile.read(folder / "mix.wav", dtype="float32", always_2d=True)
    assert rate == RATE
    return np.asarray(samples.mean(1), np.float32)


@dataclass
class Studio:
    """Ardour at work, and the hand on the mouse."""

    place: Place
    desktop: Desktop

    def select_region(self) -> None:
        """Click the region until it shows that it is selected."""
        colors = []
        for _ in range(30):
            self.desktop.click(*REGION)
            time.sleep(0.5)
            red, green, blue = self.desktop.color(SELECTED)
            if red > green + 45:
                return
            colors.append((red, green, blue))
        self.desktop.picture(self.place.root / "unselected.png")
        raise AssertionError(f"the region could not be selected with the mouse: {colors}, {self.desktop.titles()}")

    def transcribe(self) -> Path:
        """Press the toolbar button; the folder of the job that results."""
        return self.new_job(lambda: self.desktop.click(*BUTTON))

    def new_job(self, ask: Callable[[], object]) -> Path:
        """The folder of the job that results when one is asked for."""
        before = set(self.jobs())
        ask()
        wait_for(lambda: set(self.jobs()) - before, "a new job")
        (job,) = set(self.jobs()) - before
        return job

    def wait_regions(self, wanted: Callable[[list[SavedRegion]], bool], what: str) -> list[SavedRegion]:
        """The MIDI regions on tracks as saved, once they are as wanted."""

        def saved() -> bool:
            self.desktop.save()
            return wanted(Session(self.desktop.session).regions())

        wait_for(saved, what)
        return Session(self.desktop.session).regions()

    def jobs(self) -> list[Path]:
        """The job folders there are, or will be as soon as the daemon takes them over."""
        folder = self.place.spool / "jobs"
        waiting = [folder / f.stem for f in (self.place.spool / "inbox").glob("*.json")]
        return [*waiting, *(f for f in folder.glob("ardour-*") if f not in waiting)]

    def sentences(self) -> str:
        """Everything dawscribe told the user so far."""
        log = self.place.spool / "logs" / "ardour.log"
        return log.read_text() if log.exists() else ""

    def wait_sentence(self, part: str, times: int = 1) -> None:
        """Until a dialog with this sentence came up, for the given time in all."""

        def said() -> bool:
            return self.sentences().count(part) >= times

        wait_for(said, f"the sentence {part!r}", PATIENCE_S)
        time.sleep(0.5)

    def answer(self, key: str) -> None:
        """Press a key in dawscribe's dialog, until it is gone."""

        def gone() -> bool:
            window = self.desktop.window("^dawscribe$")
            if window:
                with contextlib.suppress(subprocess.CalledProcessError):  # it went in between
                    self.desktop.tool("xdotool", "windowfocus", window, "key", key, "sleep", "0.3")
            return window is None

        wait_for(gone, "the dialog's end")

    def status(self, job: Path) -> dict[str, Any]:
        return read_json(job / "status.json")

    def wait_inserted(self, job: Path) -> None:
        """Until the hook has nothing left to do for the job."""

        def over() -> bool:
            assert self.status(job).get("state") != "failed", self.status(job)
            waiting = [read_json(f).get("jobs", []) for f in (self.place.spool / "hosts").glob("ardour-*.json")]
            return (job / "inserted").exists() and not any(job.name in names for names in waiting)

        wait_for(over, "the insertion", PATIENCE_S)
        time.sleep(1.0)  # a soundfont is loaded a moment after its track stands
