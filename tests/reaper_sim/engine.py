"""Runs scripts against the model: Lua states, the defer loop, undo at the seams, and the user's part."""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lupa import lua54

from tests.reaper_sim import coerce, signatures
from tests.reaper_sim.errors import ApiError, ScriptError, SimulationError
from tests.reaper_sim.model import Handle, Project
from tests.reaper_sim.reaper_array import ReaperArray
from tests.reaper_sim.registry import FUNCTIONS
from tests.reaper_sim.undo import History, free

API_MODULES = [
    "project",
    "tracks",
    "track_info",
    "items",
    "item_info",
    "takes",
    "sources",
    "stretch",
    "envelopes",
    "fx",
    "markers",
    "tempo",
    "midi",
    "midi_edit",
    "midi_editor",
    "selection",
    "state",
    "system",
    "dialogs",
    "actions",
    "accessors",
    "undo_api",
    "chunks_api",
    "sends",
    "view",
    "sws",
    "more",
    "js",
    "imgui",
]

PRELUDE = Path(__file__).with_name("prelude.lua")

TICK_S = 1 / 30
"""How often REAPER runs deferred functions; a test in a hurry sets ``Reaper.tick_s``."""


class Script:
    """One running ReaScript with its own Lua state."""

    def __init__(self, reaper: Reaper, path: Path, command: int, context: str) -> None:
        self.reaper, self.path, self.command, self.context = reaper, path, command, context
        self.deferred: list[Any] = []
        self.at_exit: list[Any] = []
        self.running = False
        self.used_undo = False
        self.has_deferred = False
        self.window: str | None = None
        self.place: tuple[float, ...] = ()
        """Width, height, dock, x and y the window was opened with."""
        self.frame: list[tuple[str, float, float]] = []
        """The texts of the last finished picture, with where they stand."""
        self._texts: list[tuple[str, float, float]] = []
        self.shapes: list[tuple[float, ...]] = []
        """The boxes of that picture: left, top, width, height, red, green, blue."""
        self._shapes: list[tuple[float, ...]] = []
        self.drawn: list[str] = []
        self.menu_answers: deque[int] = deque()
        self.menus: list[str] = []
        """The menus that were shown."""
        self.lua = lua54.LuaRuntime(
            encoding="latin-1", unpack_returned_tuples=True, register_eval=False, register_builtins=False,
            attribute_filter=_no_attributes,
        )  # fmt: skip
        prelude = self.lua.eval("function(text, name) return assert(load(text, name, 't')) end")
        chunk = prelude(PRELUDE.read_text(), "=prelude")
        self._user = chunk(
            self._dispatch, reaper.handle, _function_list(reaper.groups), self._gfx_event, self.new_array(1), len,
            self._refuses,
        )  # fmt: skip

    def user(self, what: str, value: float | None = None, other: float | None = None) -> None:
        """The user acts on the script's window: "char", "close", "mouse", "move", "size" (x, y), "cap", "retina"."""
        self._user(what, value, other)

    def click(self, text: str) -> None:
        """The user clicks a text of the last picture: two turns of the loop, pressed and let go."""
        _, x, y = next(row for row in self.frame if row[0] == text)
        self.user("mouse", x + 2, y + 2)
        for pressed in (1, 0):
            self.user("cap", pressed)
            self.reaper.tick()

    def _refuses(self, what: str, first: str, second: str) -> bool:
        """Whether this system's C library fails at a file: other letters than ASCII on Windows, or a locked file."""
        names = first + second
        if self.reaper.narrow_names and not names.isascii():
            return True
        return what == "remove" and coerce.text_from_lua(first) in self.reaper.locked

    def new_array(self, size: int) -> ReaperArray:
        """A fresh number array of this Lua state."""
        return ReaperArray(size, self.lua.table_from)

    def start(self) -> None:
        """Runs the file's main chunk."""
        loader = self.lua.eval("function(text, name) return load(text, name, 't') end")
        text = self.path.read_bytes().decode("latin-1").removeprefix("\xef\xbb\xbf")
        loaded = loader(text, "@" + coerce.text_to_lua(str(self.path)))
        if isinstance(loaded, tuple):
            raise ScriptError(str(loaded[1]))
        self.running = True
        self.slice(loaded)

    def slice(self, *functions: Any) -> None:
        """One stay on REAPER's main thread; undo and refresh counters must be level when the script ends."""
        before, self.reaper.current = self.reaper.current, self
        try:
            for function in functions:
                self._call(function)
        finally:
            self.reaper.current = before
        if not self.deferred:
            self.finish()

    def _call(self, function: Any) -> None:
        traced = self.lua.eval("function(f) return xpcall(f, function(e) return debug.traceback(e, 2) end) end")
        try:
            outcome = traced(function)
        except lua54.LuaError as error:
            raise self._broken(str(error)) from None
        ok, message = outcome if isinstance(outcome, tuple) else (outcome, "")
        if not ok:
            raise self._broken(coerce.text_from_lua(str(message)))

    def _broken(self, message: str) -> ScriptError:
        self.running = False
        self.deferred.clear()
        self.reaper.release(self)
        return ScriptError(message)

    def finish(self) -> None:
        """Runs what was registered with atexit, then checks what must be level."""
        if not self.running:
            return
        self.running = False
        before, self.reaper.current = self.reaper.current, self
        try:
            while self.at_exit:
                self._call(self.at_exit.pop())
        finally:
            self.reaper.current = before
        self.reaper.script_ended(self)

    def _dispatch(self, name: str, *given: Any) -> tuple[Any, ...]:
        try:
            return (True, *self.reaper.call(name, *given))
        except ApiError as error:
            self.reaper.violations.append(str(error))
            return (False, coerce.text_to_lua(str(error)))

    def _gfx_event(self, what: str, *values: Any) -> int | None:
        if what == "init":
            self.window = coerce.text_from_lua(str(values[0]))
            self.place = values[1:]
            # A new window has the keyboard.
            self.reaper.keyboard = self
        elif what == "quit":
            self.window = None
            if self.reaper.keyboard is self:
                self.reaper.keyboard = None
        elif what == "text":
            text = coerce.text_from_lua(str(values[0]))
            self.drawn = [*self.drawn[-199:], text]
            self._texts.append((text, float(values[1]), float(values[2])))
        elif what == "rect":
            self._shapes.append(tuple(float(v) for v in values))
        elif what == "update":
            self.frame, self._texts = self._texts, []
            self.shapes, self._shapes = self._shapes, []
        elif what == "showmenu":
            self.menus.append(coerce.text_from_lua(str(values[0])))
            return self.menu_answers.popleft() if self.menu_answers else 0
        return None


@cache
def _function_list(groups: frozenset[str]) -> str:
    """``name:positions of handles`` of each function, as the prelude reads it."""
    known = [s for s in signatures.load().values() if s.group in groups]
    return " ".join(f"{s.name}:{','.join(map(str, s.handle_returns))}" for s in known)


def _no_attributes(_object: Any, name: Any, _setting: bool) -> Any:
    raise AttributeError(f"a handle has no field {name}")


class Reaper:
    """The program: its projects, its settings, its running scripts and its user.

    ``extensions`` names the API groups present beside REAPER's own: "sws",
    "more", "js_ReaScriptAPI".
    """

    def __init__(
        self, resource_path: Path, *, extensions: tuple[str, ...] = ("sws", "more", "js_ReaScriptAPI")
    ) -> None:
        for module in API_MODULES:
            importlib.import_module(f"tests.reaper_sim.api_{module}")
        self.resource_path = resource_path
        ini = resource_path / "reaper.ini"
        if resource_path.is_absolute() and resource_path.is_dir() and not ini.exists():
            # Every REAPER that was started once has one.
            ini.write_text("[REAPER]\nofflineinact=1\n", encoding="utf-8")
        self.extensions = extensions
        self.groups = frozenset({"reaper", "lua-builtin", *extensions})
        self.version = "7.78/linux-x86_64"
        self.os = "Other"
        self.project = Project()
        self.projects = [self.project]
        self.histories: dict[int, History] = {}
        self.handles: dict[int, Handle] = {}
        self.ext_state: dict[tuple[str, str], tuple[str, bool]] = {}
        self.config = {
            "miditicksperbeat": "960", "itemfadelen": "0.01", "defsplitxfadelen": "0.01", "offlineinact": "1",
        }  # fmt: skip
        self.console = ""
        self.messages: list[tuple[str, str, int]] = []
        """Message boxes shown: title, text, type."""
        self.answers: deque[int] = deque()
        """What the user will click in the next message boxes; 1 (OK) without."""
        self.inputs: deque[str | None] = deque()
        """What the user will type in the next input dialogs as CSV; None cancels."""
        self.files: deque[str | None] = deque()
        """What the user will choose in the next file dialogs."""
        self.violations: list[str] = []
        self.warnings: list[str] = []
        self.scripts: list[Script] = []
        self.actions: dict[int, tuple[str, Path]] = {}
        """Command id -> (named id without underscore, script path)."""
        self.toggles: dict[tuple[int, int], int] = {}
        self.processes: list[subprocess.Popen[bytes]] = []
        self.midi_sent: list[tuple[int, int, int, int]] = []
        self.midi_editor_take: Any = None
        self.current: Script | None = None
        self.tick_s = TICK_S
        self.clock_ahead_s = 0.0
        """What time_precise gives beyond the real clock, for a test that will not wait."""
        self.refresh_depth = 0
        self.undo_depth = 0
        self.acted_in_block = False
        self.gmem: dict[int, float] = {}
        self.hands: dict[str, object] = {}
        """What the user does in a ReaImGui window: label -> value, True for a click, "close"."""
        self.widgets: list[tuple[str, str, str]] = []
        self.dialog: list[tuple[str, str, str]] = []
        """The widgets of its last picture: kind, label, value."""
        self.keyboard: Script | None = None
        """The script whose window has the keys; None: the arrange window."""
        self.is_in_front = True
        self.narrow_names = False
        """Windows: os.rename, os.remove and os.getenv of C know no letters beyond ASCII."""
        self.locked: set[str] = set()
        """Files that Windows lets nobody remove for now."""
        self.offline_answer = 0
        """What an accessor answers for media that is offline: 0, or 1 with silence."""
        self.offline_keeps_rate = False
        """Whether media that is offline still tells its sample rate."""
        self.unnamed_block = ""
        """The undo step that a block without a name leaves where an action ran inside; empty: none."""
        self.peak_folder = ""
        """Where peak files go; empty: beside their media."""
        self.apply_format = "wav"
        """What "Format for Apply FX" is set to: "wav" or "wv" (WavPack)."""
        self.peaks_built: set[str] = set()
        """Files whose peaks were built."""
        self.tab_switches: list[Project] = []
        """Projects that were brought to the front."""
        self.background_projects = False
        """Whether a project behind another tab goes on playing."""
        self.is_quitting = False
        self.sandboxed = False
        """A REAPER inside a Flatpak."""
        self.dragging = False
        """The user holds the left button down, as while dragging an item."""
        self.ui: dict[str, Any] = {}
        self.history(self.project)

    # -- handles and calls -------------------------------------------------------------------------------
    def handle(self, serial: int) -> Handle:
        """The object behind a serial number."""
        return self.handles[int(serial)]

    def call(self, name: str, *given: Any) -> tuple[Any, ...]:
        """One API call with Lua's values.

        Raises:
            ApiError: a wrong argument, a stale handle, or a function that is not simulated.
        """
        signature = signatures.load()[name]
        function = FUNCTIONS.get(name)
        if function is None:
            raise ApiError(f"'{name}' is a REAPER function that this simulation does not know")
        values = coerce.arguments(signature, given, self.project)
        result = function(self, *values)
        for value in result if isinstance(result, tuple) else (result,):
            if isinstance(value, Handle):
                self.handles[value.serial] = value
        return coerce.results(signature, result)

    def history(self, project: Project) -> History:
        """The undo history of a project."""
        if project.serial not in self.histories:
            self.histories[project.serial] = History(project)
        return self.histories[project.serial]

    def open(self, project: Project) -> None:
        """Opens a project in place of the current one, which is closed: what scripts hold of it is stale."""
        if project is not self.project:
            free(self.project)
        self.projects = [project if p is self.project else p for p in self.projects]
        self.project = project
        self.histories.pop(project.serial, None)
        self.history(project)

    # -- scripts -----------------------------------------------------------------------------------------
    def run(self, script: Path | str, context: str = "", menu: Iterable[int] = ()) -> Script:
        """Runs a script as if its action were called; raises ScriptError when it breaks.

        ``menu`` is what the user will choose in its menus, by number.
        """
        path = Path(script)
        started = Script(self, path, self.register(path), context)
        started.menu_answers.extend(menu)
        self.scripts.append(started)
        started.start()
        return started

    def register(self, path: Path) -> int:
        """The command id of a script file, registered at first use."""
        number: int = actions_module().register(self, path)
        return number

    def tick(self) -> None:
        """One turn of the defer loop."""
        for script in list(self.scripts):
            waiting, script.deferred = script.deferred, []
            if waiting:
                script.slice(*waiting)
        self.scripts = [s for s in self.scripts if s.running]

    def run_until(self, done: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Turns the loop at REAPER's pace until ``done()``; raises SimulationError after ``timeout_s``."""
        limit = time.monotonic() + timeout_s
        while not done():
            if time.monotonic() > limit:
                raise SimulationError(f"still waiting after {timeout_s} s; console: {self.console[-500:]!r}")
            self.tick()
            if not done():
                time.sleep(self.tick_s)

    def idle(self, timeout_s: float = 10.0) -> None:
        """Turns the loop until no script is left."""
        self.run_until(lambda: not any(s.running for s in self.scripts), timeout_s)

    def release(self, script: Script) -> None:
        """Forgets what a broken script left open."""
        self.refresh_depth = self.undo_depth = 0
        self.scripts = [s for s in self.scripts if s is not script]

    def script_ended(self, script: Script) -> None:
        """Adds the automatic undo point and refuses what was left unbalanced."""
        unbalanced = []
        if self.refresh_depth:
            unbalanced.append(f"PreventUIRefresh is left at {self.refresh_depth}")
        if self.undo_depth:
            unbalanced.append(f"{self.undo_depth} undo block(s) are left open")
        self.refresh_depth = self.undo_depth = 0
        kept = [h for h in self.handles.values() if h.alive and getattr(h, "script", None) is script]
        if kept and not self.is_quitting:
            # REAPER frees them when it quits; until then they hold files open.
            self.violations.append(f"{len(kept)} audio accessor(s) are not destroyed")
        if unbalanced:
            self.violations += unbalanced
            raise SimulationError(f"{script.path.name}: {'; '.join(unbalanced)}")
        if not script.used_undo and not script.has_deferred:
            self.history(self.project).add("ReaScript: Run")

    def close(self) -> None:
        """REAPER quits: scripts end while there is no project any more, processes it waited for are left alone."""
        self.is_quitting = True
        for script in list(self.scripts):
            with contextlib.suppress(SimulationError):
                script.deferred.clear()
                script.finish()
        self.scripts.clear()
        self.is_quitting = False

    # -- the user's hands ---------------------------------------------------------------------------------
    def press(self, key: int) -> None:
        """The user presses a key; it goes to the window that has the keyboard, else to REAPER's key map."""
        if self.keyboard is not None and self.keyboard.window is not None:
            self.keyboard.user("char", key)
        elif key == ord(" "):
            self.call("Main_OnCommand", 40044, 0)

    def go_to_back(self) -> None:
        """Another program comes to the front: with REAPER's default preference all media goes offline."""
        self.is_in_front = False
        if self.config["offlineinact"] == "1":
            for source in self._sources():
                source.offline = source.offline_by_focus = True

    def come_to_front(self) -> None:
        """REAPER is in front again, and its media online."""
        self.is_in_front = True
        for source in self._sources():
            if source.offline_by_focus:
                source.offline = source.offline_by_focus = False

    def _sources(self) -> Iterator[Any]:
        for project in self.projects:
            for item in project.all_items():
                for take in item.takes:
                    source = take.source if take else None
                    while source is not None:
                        if source.parent is None and source.path:
                            yield source
                        source = source.parent

    @contextlib.contextmanager
    def quitting(self) -> Iterator[Reaper]:
        """``with reaper.quitting():`` closes at the end."""
        try:
            yield self
        finally:
            self.close()


def actions_module() -> Any:
    """The action registry, imported late because it runs scripts through this module."""
    return importlib.import_module("tests.reaper_sim.api_actions")
