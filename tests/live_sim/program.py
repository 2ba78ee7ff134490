"""The running program: it loads the Remote Script as Live does, and gives it a tick ten times a second."""

from __future__ import annotations

import importlib.util
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import soundfile

from tests.live_sim.clip import AudioClip, MidiNoteSpecification
from tests.live_sim.objects import World
from tests.live_sim.song import Song, Track

SCRIPT = Path(__file__).parents[2] / "daw_scripts" / "live" / "remote_script" / "dawscribe"
TICK_S = 0.1
"""Live's own, of a scheduled message."""
_numbers = itertools.count()


class BrowserItem:
    """An entry of Live's browser."""

    def __init__(self, name: str, children: Sequence[BrowserItem] = (), device: str = "") -> None:
        self.name, self.children, self.device = name, tuple(children), device
        self.is_folder, self.is_loadable = bool(children), bool(device)


class Browser:
    """The Core Library as far as a script looks at it."""

    def __init__(self, song: Callable[[], Song]) -> None:
        self._song = song
        kits = [BrowserItem(f"{n} Core Kit.adg", device=f"{n} Core Kit") for n in ("505", "808", "909")]
        self.drums = BrowserItem("Drums", kits)
        synths = [BrowserItem(n, [BrowserItem(f"{n}.adv", device=n)], n) for n in ("Drift", "Operator", "Simpler")]
        self.instruments = BrowserItem("Instruments", synths)
        self.sounds = BrowserItem("Sounds", [BrowserItem("Bass", [BrowserItem("Deep.adg", device="Deep")])])
        self.plugins, self.user_library = BrowserItem("Plugins"), BrowserItem("User Library")

    def load_item(self, item: BrowserItem) -> None:
        """Load onto the selected track."""
        track = self._song().view.selected_track
        assert track is not None
        track._add(item.device)


class LiveProgram:
    """One Live with one Set and dawscribe as its control surface."""

    def __init__(self, home: Path, *, version: tuple[int, int, int] = (12, 3, 6), path: str = "") -> None:
        self.home, self.version = home, version
        self.messages: list[str] = []
        self.log: list[str] = []
        self._scheduled: list[Callable[[], None]] = []
        self.song: Song
        self.open(path)

    def open(self, path: str = "") -> Song:
        """A new, empty Set takes the place of the one that was open; all that was in that one dies."""
        if hasattr(self, "song"):
            for track in self.song._tracks:
                for clip in track._clips:
                    clip._die()
                track._die()
            self.song._die()
        self.world = World(self.version)
        self.song = Song(self.world, path)
        self.browser = Browser(lambda: self.song)
        return self.song

    def audio_clip(
        self, track: Track, path: Path, *, start: float = 0.0, length: float | None = None, scene: int | None = None,
        bpm: float | None = None, **more: Any,
    ) -> AudioClip:  # fmt: skip
        """Put a file on a track; ``bpm`` gives it the two markers that a file of constant tempo has."""
        info = soundfile.info(path)
        if more.get("warping", True):
            bpm = bpm or self.song._tempo
            more.setdefault("markers", [(0.0, 0.0), (60.0 / bpm / 32, 1 / 32)])
            length = info.duration * bpm / 60 if length is None else length
        elif length is None:
            length = info.duration * self.song._tempo / 60
        clip = AudioClip(
            self.world, self.song, path=str(path), frames=info.frames, rate=float(info.samplerate), start=start,
            length=length, session=scene is not None, **more,
        )  # fmt: skip
        clip._name = path.stem
        return self.song._add_audio(track, clip, scene)

    @contextmanager
    def running(self, environment: dict[str, str] | None = None) -> Iterator[Any]:
        """Load the script and start it; its control surface. DAWSCRIBE_HOME names the home, as for any program."""
        import os

        before = dict(os.environ)
        os.environ.update({"DAWSCRIBE_HOME": str(self.home), **(environment or {})})
        replaced = {name: sys.modules.get(name) for name in ("Live", "ableton", "ableton.v2", SURFACES)}
        sys.modules.update(self._modules())
        name = f"dawscribe_remote_{next(_numbers)}"
        try:
            package = _load(name)
            surface = package.create_instance(SimpleNamespace())
            yield surface
            surface.disconnect()
        finally:
            os.environ.clear()
            os.environ.update(before)
            for other, module in replaced.items():
                sys.modules.pop(other, None) if module is None else sys.modules.update({other: module})
            for loaded in [m for m in sys.modules if m.split(".")[0] == name]:
                del sys.modules[loaded]
            self._scheduled.clear()

    def _modules(self) -> dict[str, ModuleType]:
        application = SimpleNamespace(browser=self.browser, get_document=lambda: self.song)
        live: Any = ModuleType("Live")
        live.Application = SimpleNamespace(get_application=lambda: application)
        live.Clip = SimpleNamespace(MidiNoteSpecification=MidiNoteSpecification)
        surfaces: Any = ModuleType(SURFACES)
        surfaces.ControlSurface = _control_surface(self)
        self._application = application
        return {
            "Live": live,
            "ableton": ModuleType("ableton"),
            "ableton.v2": ModuleType("ableton.v2"),
            SURFACES: surfaces,
        }

    def tick(self) -> None:
        """A tenth of a second of Live's: every scheduled message once."""
        due, self._scheduled = self._scheduled, []
        self._application.browser = self.browser
        for call in due:
            call()

    def run(self, until: Callable[[], object], *, ticks: int = 400, between: Callable[[], None] | None = None) -> None:
        """Tick until something is so."""
        for _ in range(ticks):
            if until():
                return
            self.tick()
            if between is not None:
                between()
        raise AssertionError(f"it did not happen; Live said: {self.messages[-5:]}, its log: {self.log[-5:]}")

    def command(self, command: str = "transcribe_selected", **options: Any) -> None:
        """Write commands/live.json as the daemon does."""
        import json

        folder = self.home / "commands"
        folder.mkdir(parents=True, exist_ok=True)
        content = {"protocol": 1, "command": command, "options": options, "time": time.time()}
        (folder / "live.json").write_text(json.dumps(content), encoding="utf-8")


SURFACES = "ableton.v2.control_surface"


def _control_surface(program: LiveProgram) -> type:
    class ControlSurface:
        def __init__(self, c_instance: object) -> None:
            del c_instance

        def schedule_message(self, delay_in_ticks: int, callback: Callable[[], None]) -> None:
            assert delay_in_ticks >= 1
            program._scheduled.append(callback)

        def show_message(self, message: str) -> None:
            assert "\n" not in message
            program.messages.append(message)

        def log_message(self, *messages: object) -> None:
            program.log.append(" ".join(map(str, messages)))

        def disconnect(self) -> None:
            program._scheduled.clear()

    return ControlSurface


def _load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(
        name, SCRIPT / "__init__.py", submodule_search_locations=[str(SCRIPT)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    return package
