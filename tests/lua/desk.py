"""A simulated REAPER with a song, a spool, and a test that answers in the daemon's place."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.reaper_sim import Reaper
from tests.reaper_sim.defaults import new_track
from tests.reaper_sim.demo import audio_item, tone
from tests.reaper_sim.model import Project

SCRIPTS = Path(__file__).parents[2] / "daw_scripts" / "reaper"
RESULT = json.loads((Path(__file__).parents[1] / "data" / "protocol" / "result.json").read_text(encoding="utf-8"))


class Desk:
    """A REAPER with one song track, a spool, and hands that play the daemon."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        for name in ("inbox", "jobs"):
            (self.home / name).mkdir(parents=True)
        (folder / "resources").mkdir()
        self.reaper = Reaper(folder / "resources", extensions=())
        self.reaper.tick_s = 0.001
        self.song = tone(folder / "song.wav", 4.0)
        project = Project(path=str(folder / "song.rpp"))
        project.tracks = [new_track("Song"), new_track("Other")]
        self.item = audio_item(project.tracks[0], self.song, 1.0, 3.0)
        self.item.values["B_UISEL"] = 1.0
        self.reaper.open(project)
        self.beat()

    @property
    def project(self) -> Project:
        return self.reaper.project

    @property
    def take(self) -> Any:
        return self.item.active_take

    def beat(self, **changes: object) -> None:
        beat = {"pid": 1, "version": "0.1.0", "protocol": 1, "heartbeat": time.time() + 3600, **changes}
        (self.home / "daemon.json").write_text(json.dumps(beat))

    def run(self, action: str) -> Any:
        return self.reaper.run(SCRIPTS / f"dawscribe_{action}.lua")

    def request(self, action: str = "Transcribe selected items") -> dict[str, Any]:
        """Runs the action until its request lies in the inbox, and takes it over as the daemon does."""
        self.run(action)
        self.reaper.run_until(lambda: any((self.home / "inbox").glob("*.json")))
        return self.taken_over()

    def taken_over(self) -> dict[str, Any]:
        """The request in the inbox, moved to its job folder as the daemon does."""
        (path,) = (self.home / "inbox").glob("*.json")
        asked: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        job = self.home / "jobs" / asked["id"]
        job.mkdir()
        path.rename(job / "request.json")
        return asked

    def status(self, job: str, state: str, **more: object) -> None:
        status = {"protocol": 1, "state": state, "stage": "separate", "fraction": 0.4, "eta_s": 5, "device": "CPU"}
        (self.home / "jobs" / job / "status.json").write_text(json.dumps({**status, "message": "", **more}))

    def finish(self, asked: dict[str, Any], **changes: object) -> None:
        """Writes a result for the request: the parts of the protocol's example for each item."""
        heard = {key: RESULT["items"][0][key] for key in ("parts", "one_shots")}
        items = [
            {**{k: v for k, v in i.items() if k != "audio"}, "length_s": i["audio"]["length_s"], **heard,
             "stems": [], "warnings": []}
            for i in asked["items"]
        ]  # fmt: skip
        extra = {k: v for k, v in asked.items() if k not in ("items", "options")}
        result = {**RESULT, **extra, "items": items, **changes}
        job = self.home / "jobs" / asked["id"]
        (job / "result.json").write_text(json.dumps(result), encoding="utf-8")
        self.status(asked["id"], "done", fraction=1)

    def transcribe(self, action: str = "Transcribe selected items") -> dict[str, Any]:
        asked = self.request(action)
        self.finish(asked)
        self.reaper.idle()
        return asked

    def heard(self, asked: dict[str, Any]) -> np.ndarray[Any, Any]:
        """The samples a request points at, (frames, channels)."""
        span = asked["items"][0]["audio"]
        data, rate = soundfile.read(span["path"], always_2d=True)
        start = round(span["start_s"] * rate)
        return np.asarray(data[start : start + round(span["length_s"] * rate)] * span["gain"])

    @property
    def said(self) -> str:
        """The last message box."""
        return self.reaper.messages[-1][1] if self.reaper.messages else ""


def names(project: Project) -> list[tuple[str, int]]:
    return [(t.name, int(t.values["I_FOLDERDEPTH"])) for t in project.tracks]
