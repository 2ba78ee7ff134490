"""dawscribe inside the real Ardour when things do not go straight; the daemon is real, the engines are fakes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.ardour import studio as s
from tests.e2e.ardour.desktop import Desktop, Place, screen
from tests.e2e.ardour.session_file import Session
from tests.support import FAKES, PLUGINS, read_json, wait_for

pytestmark = [pytest.mark.daw, pytest.mark.slow]

LENGTH_S = 4.0
PARTS = 4
"""Tracks that the fake separator's stems become."""


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    s.require_programs()
    with screen(tmp_path_factory.mktemp("screen")) as name:
        yield name


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A set-up home whose engines need some seconds and no models."""
    root = tmp_path_factory.mktemp("ardour")
    made = s.set_up(root, FAKES + "[separators.fake]\nseconds = 6.0\n", {"PYTHONPATH": str(PLUGINS)})
    # Without its soundfont ACE Fluid Synth is passed over; what comes next loads in no time.
    shutil.rmtree(root / ".lv2", ignore_errors=True)
    yield made
    s.dawscribe(made, "stop")


@pytest.fixture(scope="module")
def session(place: Place) -> Path:
    t = np.arange(int(LENGTH_S * s.RATE)) / s.RATE
    return s.make_session(place, np.stack([0.3 * np.sin(2 * np.pi * 220 * t)] * 2).astype(np.float32))


@pytest.fixture(scope="module")
def studio(place: Place, session: Path, display: str) -> Iterator[s.Studio]:
    made = s.Studio(place, Desktop(place, session, display))
    yield made
    made.desktop.picture(place.root / "last.png")
    made.desktop.close()


def region_count(studio: s.Studio) -> int:
    """MIDI regions on tracks, as saved right now."""
    studio.desktop.save()
    return len(Session(studio.desktop.session).regions())


def test_setup_refuses_while_ardour_runs(studio: s.Studio) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "setup", "ardour", "--uninstall"],
        env=studio.place.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Ardour is running" in done.stderr


def test_nothing_selected(studio: s.Studio) -> None:
    studio.desktop.click(*s.BUTTON)
    studio.wait_sentence("Select one or more audio regions")
    studio.answer("Return")
    assert studio.jobs() == []


def test_cancel(studio: s.Studio) -> None:
    """Cancel in the progress window ends the job; nothing is inserted."""
    studio.select_region()
    job = studio.transcribe()
    wait_for(lambda: studio.status(job).get("state") == "running", "the job's start", s.PATIENCE_S)
    studio.answer("alt+c")
    wait_for(lambda: studio.status(job).get("state") == "cancelled", "the cancelling", s.PATIENCE_S)
    time.sleep(1)
    assert not (job / "inserted").exists()
    assert region_count(studio) == 0


def test_rolling_transport_and_a_torn_result(studio: s.Studio) -> None:
    """While the transport rolls a result waits; torn meanwhile, it is refused and the session stays as it is."""
    studio.select_region()
    studio.desktop.osc("/transport_play")
    job = studio.transcribe()
    wait_for(lambda: studio.status(job).get("state") == "done", "the job's end", s.PATIENCE_S)
    time.sleep(1.5)
    assert not (job / "inserted").exists()
    midi = job / "ardour.mid"
    whole = midi.read_bytes()
    midi.write_bytes(whole[:-20])
    studio.desktop.osc("/transport_stop")
    studio.wait_sentence("damaged")
    studio.answer("Return")
    assert not (job / "inserted").exists()
    before = Session(studio.desktop.session).track_names
    assert region_count(studio) == 0
    assert Session(studio.desktop.session).track_names == before == ["Master", "Song"]
    midi.write_bytes(whole)


def test_command_from_outside_and_survival(studio: s.Studio) -> None:
    """After a refused result the hook still runs: it obeys a command and inserts what comes of it, once."""
    studio.select_region()
    job = studio.new_job(lambda: s.dawscribe(studio.place, "selected", "ardour"))
    studio.wait_inserted(job)
    assert read_json(job / "request.json")["items"][0]["position"] == s.POSITION
    time.sleep(1)
    assert region_count(studio) == PARTS
    (plugins,) = {r.plugins for r in Session(studio.desktop.session).regions()}
    assert plugins == ("https://community.ardour.org/node/7596",)


def test_closed_session(studio: s.Studio, display: str) -> None:
    """A result that came while Ardour was closed is offered when the session opens again, and then never more."""
    desktop = studio.desktop
    # Else the daemon answers at once, and the result is in before Ardour is closed.
    shutil.rmtree(studio.place.spool / "cache")
    studio.select_region()
    job = studio.transcribe()
    desktop.save()
    desktop.close()
    wait_for(lambda: studio.status(job).get("state") == "done", "the job's end", s.PATIENCE_S)
    studio.desktop = Desktop(studio.place, desktop.session, display)
    # The torn one, whole again by now, is offered first.
    for number in (1, 2):
        studio.wait_sentence("while it was closed", number)
        studio.answer("alt+y")
    studio.wait_inserted(job)
    count = region_count(studio)
    assert count == 3 * PARTS
    studio.desktop.close()
    studio.desktop = Desktop(studio.place, desktop.session, display)
    time.sleep(2)
    assert region_count(studio) == count
