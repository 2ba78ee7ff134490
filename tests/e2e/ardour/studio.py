"""A musician's evening in front of the real Ardour: the mouse on its buttons, the answers to dawscribe's questions."""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.app import application
from bridge.files import write_json
from bridge.jobs.revisions import revise
from bridge.jobs.store import JobStore
from tests.e2e.ardour.desktop import Desktop, Place, screen
from tests.e2e.ardour.home import PATIENCE_S, stop_daemon
from tests.e2e.ardour.session_file import SavedRegion, Session
from tests.support import read_json, wait_for

log = logging.getLogger(__name__)

REGION = (351, 363)
"""A point inside the region of the only track, in the window as Ardour lays it out without a window manager."""
SELECTED = "50x40+296+340"
"""An area of the region: red, and orange on the waveform, once it is selected; grey and pink before."""
TRACK_HEIGHT = 68
"""Pixels from one track to the next."""
TITLE_ABOVE = 25
"""Pixels from a region's title down to its middle."""
BUTTON = (1250, 44)
"""The toolbar's script button 3."""
STOP = (182, 44)
STOP_LIGHT = "3x14+189+37"
"""The transport's Stop button, and an area of it that is green while the transport rests."""
TITLE = "^dawscribe$"
"""Of all windows that the scripts open."""
KEY_S = 5.0
"""For a window to take a key; then it is pressed again."""
CLICK_S = 15.0
"""How long a click may need to show; dawscribe takes a second one within its first second for a double click."""


@dataclass
class Studio:
    """Ardour at work, and the hand on the mouse."""

    place: Place
    desktop: Desktop

    def begin(self) -> None:
        """What a test starts from, whatever the one before it left: no job, no window, the transport at rest."""
        for job in self.jobs():
            if job.exists():
                (job / "cancel").touch()
                (job / "inserted").touch()
        for window in self.desktop.windows(TITLE):
            self._press("Escape", window)
        self.stop_transport()

    def stop_transport(self) -> None:
        """Stop, and go to the session's start: the view follows the transport."""

        def stopped() -> bool:
            self.desktop.osc("/transport_stop")
            self.desktop.osc("/goto_start")
            time.sleep(0.5)
            return not self.rolls()

        wait_for(stopped, "the transport's end", PATIENCE_S)

    def start_transport(self) -> None:
        """Play until it shows: a message may be lost."""

        def started() -> bool:
            self.desktop.osc("/transport_play")
            time.sleep(0.5)
            return self.rolls()

        wait_for(started, "the transport's start", PATIENCE_S)

    def rolls(self) -> bool:
        """Whether the transport rolls: then its Stop button is not green."""
        red, green, blue = self.desktop.color(STOP_LIGHT)
        return green < red + blue

    def engines(self, seconds: float) -> None:
        """Let the fake engines take so long for each item, and know no answer yet."""
        file = self.place.spool / "config.toml"
        text = re.sub(r"(?m)^seconds = .*$", f"seconds = {seconds}", file.read_text())
        assert f"seconds = {seconds}" in text
        file.write_text(text)
        shutil.rmtree(self.place.spool / "cache", ignore_errors=True)

    def close(self) -> None:
        """End Ardour, with a picture of how it was left."""
        try:
            self.desktop.picture(self.place.root / "last.png")
        except (subprocess.SubprocessError, OSError) as e:
            log.warning("no picture: %s", e)
        finally:
            self.desktop.close()

    def select_region(self) -> None:
        """Click the region until it shows that it is selected."""
        colors = []
        for _ in range(30):
            # The view follows the transport, so the region may be somewhere else; and the range tool selects none.
            self.desktop.osc("/goto_start")
            self.desktop.action("MouseMode/set-mouse-mode-object")
            self.desktop.click(*REGION)
            time.sleep(0.5)
            red, green, blue = self.desktop.color(SELECTED)
            if red > green + 45:
                return
            colors.append((red, green, blue))
        self.desktop.picture(self.place.root / "unselected.png")
        raise AssertionError(f"the region could not be selected with the mouse: {colors}, {self.desktop.titles()}")

    def nudge(self, row: int) -> None:
        """Select the region of a track by a click, and move it a little, as the musician does with a key."""
        # By the region's title: below it are notes, which a click selects by themselves.
        self.desktop.osc("/goto_start")
        self.desktop.action("MouseMode/set-mouse-mode-object")
        self.desktop.action("Common/deselect-all")
        self.desktop.click(REGION[0], REGION[1] + TRACK_HEIGHT * (row - 1) - TITLE_ABOVE)
        time.sleep(0.5)
        self.desktop.action("Region/nudge-forward")

    def press_button(self, seen: Callable[[], object]) -> None:
        """Click the toolbar's button until it shows: a busy canvas may miss a click."""

        def answered() -> bool:
            self.desktop.click(*BUTTON)
            with contextlib.suppress(AssertionError):
                wait_for(seen, "the button's answer", CLICK_S)
                return True
            return False

        wait_for(answered, "what the button does", PATIENCE_S)

    def transcribe(self) -> Path:
        """Press the toolbar button; the folder of the job that results."""
        before = set(self.jobs())
        self.press_button(lambda: set(self.jobs()) - before)
        (job,) = set(self.jobs()) - before
        return job

    def new_job(self, ask: Callable[[], object]) -> Path:
        """The folder of the job that results when one is asked for."""
        before = set(self.jobs())
        ask()
        wait_for(lambda: set(self.jobs()) - before, "a new job", PATIENCE_S)
        (job,) = set(self.jobs()) - before
        return job

    def command(self) -> None:
        """What ``dawscribe selected ardour`` writes, without the second that it needs for that."""
        content = {"protocol": 1, "command": "transcribe_selected", "time": int(time.time()), "options": {}}
        write_json(self.place.spool / "commands" / "ardour.json", content)

    def wait_regions(self, wanted: Callable[[list[SavedRegion]], bool], what: str) -> list[SavedRegion]:
        """The MIDI regions on tracks as saved, once they are as wanted."""

        def saved() -> bool:
            self.desktop.save()
            return wanted(Session(self.desktop.session).regions())

        wait_for(saved, what, PATIENCE_S)
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
        """Until a sentence was said, for the given time in all, and a window shows it."""
        wait_for(lambda: self.sentences().count(part) >= times, f"the sentence {part!r}", PATIENCE_S)
        # It is written down just before its window opens.
        wait_for(lambda: self.desktop.windows(TITLE), "the sentence's window", PATIENCE_S)

    def answer(self, key: str) -> None:
        """Press a key in dawscribe's window, until that window is gone."""
        self._press(key, wait_for(lambda: self.desktop.windows(TITLE), "a window of dawscribe's", PATIENCE_S)[0])

    def _press(self, key: str, window: str) -> None:

        def gone() -> bool:
            if window not in self.desktop.windows(TITLE):
                return True
            with contextlib.suppress(subprocess.CalledProcessError):  # it went in between
                self.desktop.tool("xdotool", "windowfocus", window, "sleep", "0.2", "key", key)
            # On a busy machine it goes late; a second key would answer the next window.
            with contextlib.suppress(AssertionError):
                wait_for(lambda: window not in self.desktop.windows(TITLE), "the window's end", KEY_S)
            return window not in self.desktop.windows(TITLE)

        wait_for(gone, "the window's end", PATIENCE_S)

    def correct(self, job: Path, *operations: dict[str, Any]) -> None:
        """Correct a result as the review page does, and wait for the correction's insertion."""
        app = application(home=self.place.spool)
        edit = {"label": "correction", "item": 0, "ops": list(operations)}
        revision = revise(JobStore(self.place.spool), job.name, [edit], app.settings, app.context)
        write_json(job / "status.json", self.status(job) | {"revision": revision})
        self.wait_revision(job, revision)

    def wait_revision(self, job: Path, revision: int) -> None:
        """Until a revision is inserted and its places are written down."""

        def over() -> bool:
            placed = job / "ardour-placed.json"
            made = placed.exists() and placed.stat().st_mtime_ns > (job / "result.json").stat().st_mtime_ns
            return made and read_json(job / "inserted").get("revision") == revision

        wait_for(over, f"revision {revision}", PATIENCE_S)

    def status(self, job: Path) -> dict[str, Any]:
        return read_json(job / "status.json")

    def wait_state(self, job: Path, *states: str) -> None:
        """Until the job's status is one of these."""
        wait_for(lambda: self.status(job).get("state") in states, f"{job.name}: {states}", PATIENCE_S)

    def wait_inserted(self, job: Path) -> None:
        """Until the hook has nothing left to do for the job."""

        def over() -> bool:
            assert self.status(job).get("state") != "failed", self.status(job)
            return (job / "inserted").exists() and job.name not in self.waiting()

        wait_for(over, "the insertion", PATIENCE_S)

    def waiting(self) -> list[str]:
        """Ids of the jobs that the hook follows."""
        files = (self.place.spool / "hosts").glob("ardour-" + 12 * "[0-9a-f]" + ".json")
        return [name for f in files for name in read_json(f).get("jobs", [])]

    def wait_soundfonts(self) -> None:
        """Until each ACE Fluid Synth keeps its soundfont when it is saved: a thread loads it after its track stands."""

        def all_saved() -> bool:
            self.desktop.save()
            found = Session(self.desktop.session).soundfonts()
            return bool(found) and all(found)

        wait_for(all_saved, "the soundfonts", PATIENCE_S)


@contextlib.contextmanager
def opened(root: Path, place: Place, session: Path) -> Iterator[Studio]:
    """A studio with ``session`` on a screen of its own; Ardour, daemon and screen end with the context."""
    with contextlib.ExitStack() as leaving:
        display = leaving.enter_context(screen(root))
        leaving.callback(stop_daemon, place)
        made = Studio(place, Desktop(place, session, display))
        leaving.callback(made.close)
        yield made
