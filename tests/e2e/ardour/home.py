"""A musician's home: dawscribe set up in it, its daemon, a session with a song, and what Ardour exports of it."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from tests.e2e.ardour.desktop import NEEDED, Place
from tests.support import read_json

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
RATE = 44_100
POSITION = 154_350
"""Samples: 3.5 s, where the fixture's tempo is still constant; the ramp begins 0.2 s later."""
EXPORT_WAITS_S = (3, 10, 40)
"""How long Ardour's Lua shell waits for its soundfonts, one after the other until the export is not silent."""
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
    place = Place(root, extra=environment)
    place.write_config()
    place.spool.mkdir()
    (place.spool / "config.toml").write_text(config + "\n[triggers.osc]\nenabled = false\n")
    dawscribe(place, "setup", "ardour")
    return place


def dawscribe(place: Place, *arguments: str) -> str:
    """Run dawscribe's command line as this musician."""
    done = subprocess.run(
        [sys.executable, "-m", "bridge", *arguments],
        env=place.environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def stop_daemon(place: Place) -> None:
    """End this home's daemon, the hard way where it is too busy to listen."""
    try:
        dawscribe(place, "stop")
    except (AssertionError, subprocess.TimeoutExpired) as e:
        log.warning("the daemon does not stop: %s", e)
        kill_daemon(place)


def kill_daemon(place: Place) -> None:
    """Kill this home's daemon and its worker."""
    beat = read_json(place.spool / "daemon.json")
    for pid in filter(None, (beat.get("pid"), beat.get("worker"))):
        with contextlib.suppress(ProcessLookupError):  # the worker ends when its daemon does
            os.kill(pid, signal.SIGKILL)


def make_session(place: Place, audio: npt.NDArray[np.float32], *, more: int = 0) -> Path:
    """A session with a region that plays (channels, frames), under a tempo map with a ramp.

    Args:
        place: the home.
        audio: what the region plays.
        more: samples; where not 0, the track has a second region there, and below the first a take that nobody hears.
    """
    folder = place.root / "song"
    shape = {"CHANNELS": len(audio), "LENGTH": audio.shape[1], "POSITION": POSITION, "RATE": RATE, "MORE": more}
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
    file = folder / "mix.wav"
    for wait_s in EXPORT_WAITS_S:
        file.unlink(missing_ok=True)
        printed = place.lua(HERE / "export.lua", SESSION=session, FOLDER=folder, MUTE=mute, END=frames, WAIT=wait_s)
        if file.exists() and np.abs(mix := soundfile.read(file, dtype="float32", always_2d=True)[0]).max() > 0:
            return np.asarray(mix.mean(1), np.float32)
    raise AssertionError(f"the export stays silent: {printed}")
