"""A simulated REAPER with a song, a spool, and a test that answers in the daemon's place."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

import bridge
from tests.reaper_sim import Reaper, Script
from tests.reaper_sim.defaults import new_track
from tests.reaper_sim.demo import audio_item, tone
from tests.reaper_sim.model import Project

SCRIPTS = Path(__file__).parents[2] / "daw_scripts" / "reaper"
RESULT = json.loads((Path(__file__).parents[1] / "data" / "protocol" / "result.json").read_text(encoding="utf-8"))


LABELS = {"Close", "Review", "Cancel", "Keep", "Set tempo"}


class AttendedReaper(Reaper):
    """A REAPER whose user reads what a job's window says in the end, and closes it."""

    def __init__(self, resource_path: Path, *, extensions: tuple[str, ...] = ()) -> None:
        super().__init__(resource_path, extensions=extensions)
        self.read: list[str] = []
        """The last words of windows that were closed."""
        self.asked: list[str] = []
        """What windows have asked about the tempo."""
        self.tempo_answer = "Keep"

    def idle(self, timeout_s: float = 10.0) -> None:
        """Turns the loop until no script is left, or only windows that wait to be closed; closes those."""
        while any(s.running for s in self.scripts):
            self.run_until(lambda: all(not s.running or _is_told(s) for s in self.scripts), timeout_s)
            for script in [s for s in self.scripts if s.running]:
                if "Keep" in _texts(script):
                    self.asked.append(_words(script))
                    script.click(self.tempo_answer)
                else:
                    self.read.append(_words(script))
                    script.user("close")
            self.tick()


def _texts(script: Script) -> set[str]:
    return {text for text, _, _ in script.frame}


def _is_told(script: Script) -> bool:
    return bool(_texts(script) & {"Close", "Keep"})


def _words(script: Script) -> str:
    """What a window says below its title."""
    return " ".join(text for text, _, _ in script.frame[1:] if text not in LABELS)


class Desk:
    """A REAPER with one song track, a spool, and hands that play the daemon."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        for name in ("inbox", "jobs"):
            (self.home / name).mkdir(parents=True)
        (folder / "resources").mkdir()
        self.reaper = AttendedReaper(folder / "resources")
        self.reaper.tick_s = 0.001
        self.beat_is_certain = False
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
        beat = {"pid": 1, "version": bridge.__version__, "protocol": 1, "heartbeat": time.time() + 3600, **changes}
        (self.home / "daemon.json").write_text(json.dumps(beat))

    def choose(self, **choices: str) -> None:
        """What the user will write into the options dialog."""
        fields = {
            "stems": "", "role": "", "separator": "", "transcriber": "", "sensitivity": "", "quantise": "",
            "grid_source": "song", "quantise_strength": "1", "beat": "", "set_tempo": "ask", "instruments": "yes",
            "drum_tracks": "no", "drum_map": "", "stem_tracks": "no", "mute_source": "no", "more": "",
        }  # fmt: skip
        assert choices.keys() <= fields.keys()
        self.reaper.inputs.append("|".join((fields | choices).values()))

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
        keys = ("parts", "one_shots", *(("tempo",) if self.beat_is_certain else ()))
        heard = {key: RESULT["items"][0][key] for key in keys}
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
        """The last words of a job's window, or else the last message box."""
        boxes = [text for _, text, kind in self.reaper.messages if kind >= 0]
        return (self.reaper.read or boxes or [""])[-1]


def names(project: Project) -> list[tuple[str, int]]:
    return [(t.name, int(t.values["I_FOLDERDEPTH"])) for t in project.tracks]
