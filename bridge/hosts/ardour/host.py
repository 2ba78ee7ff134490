"""The host "ardour".

Writes what its hook inserts, and asks the running Ardour for its selection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import HostError, StoreError, writing
from bridge.files import write_json
from bridge.hosts.ardour import session, setup, shell, smf
from bridge.hosts.ardour.announcement import announce, sweep
from bridge.hosts.ardour.instruments import instruments_for, names_kits
from bridge.hosts.ardour.plan import Plan, track_name
from bridge.hosts.ardour.session_position import PPQN, session_position
from bridge.music.parts import Part
from bridge.plugins.interfaces import Context
from bridge.spool.daw_command import ask_daw
from bridge.spool.request import PROTOCOL, AudioSpan, Request
from bridge.spool.result import ItemResult

MIDI_NAME, PLAN_NAME = "ardour.mid", "ardour.json"
ANSWER_S = 10.0
"""Time that a command may lie before Ardour counts as not running: its hook looks three times a second, but waits
while Ardour imports, saves or loads a soundfont."""
COLOURS = {
    "drums": 0xC0504DFF,
    "bass": 0x4F81BDFF,
    "vocals": 0xE0A030FF,
    "guitar": 0x7FA650FF,
    "piano": 0x8064A2FF,
    "other": 0x4BACC6FF,
}
"""Track colour per role, red green blue opacity; any six that differ at a glance on Ardour's dark theme."""


class Ardour:
    """Hands results to the hook inside Ardour."""

    inserts = True
    suffix = ".ardour"

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of this host.

        The instruments have a table of their own.
        """

        chord_track: bool = False

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        self._home = context.home
        hosts = (context.settings or {}).get("hosts", {})
        self._instruments: Mapping[str, Any] = hosts.get("ardour", {}).get("instruments", {})

    def deliver(self, items: Sequence[ItemResult], request: Request, folder: Path) -> list[ItemResult]:
        """Write ardour.mid and ardour.json, the tracks and regions to insert.

        Raises:
            InputError: the request does not say where the items stand.
            StoreError: the folder cannot be written.
        """
        places = [session_position(item.extra) for item in items]
        plan = Plan(self._track, has_chords=self._has_chords(request))
        for item, place in zip(items, places, strict=True):
            plan.add(item, place)
        head = {"protocol": PROTOCOL, "id": request.id, "session": request.extra.get("session"), "ppqn": PPQN}
        with writing(folder, "result-unwritable"):
            smf.write_file(folder / MIDI_NAME, plan.voices)
            write_json(folder / PLAN_NAME, head | {"midi": MIDI_NAME} | plan.to_json())
            announce(self._home, request)
            sweep(self._home)
        return list(items)

    def _has_chords(self, request: Request) -> bool:
        insertion = request.extra.get("insertion")
        chosen = insertion.get("chord_track") if isinstance(insertion, Mapping) else None
        return chosen if isinstance(chosen, bool) else self._options.chord_track

    def _track(self, part: Part, source_name: str) -> dict[str, Any]:
        return {
            "name": track_name(part.name, source_name),
            "color": COLOURS.get(part.role, COLOURS["other"]),
            "instruments": instruments_for(part.role, self._instruments),
            "names_kits": names_kits(part.role, self._instruments),
        }

    def check_project(self, target: Path, audio: Path) -> None:
        """Refuse, before a long transcription, what :meth:`write_project` could not do after it; errors as there.

        Args:
            target: the session's folder.
            audio: the file that is to be transcribed.
        """
        folder = _session_folder(target)
        if folder.exists():
            raise StoreError(f"{folder} exists already; choose another place for the session.", code="session-exists")
        if audio.exists():
            shell.check(folder, audio)

    def write_project(self, item: ItemResult, span: AudioSpan, target: Path) -> Path:
        """Make an Ardour session of an item, without Ardour's window; the session file.

        Args:
            item: what was heard.
            span: the audio it was heard in.
            target: the session's folder, which must not exist yet; its name may end in ".ardour".

        Raises:
            HostError: Ardour's Lua shell is missing or failed, or Ardour takes no such folder or sample rate.
            InputError: the audio cannot be read.
            StoreError: the folder exists, or cannot be written.
        """
        folder = _session_folder(target)
        tracks = [self._track(part, folder.name) for part in item.score.parts]
        return session.write_session(item, span, tracks, folder)

    def install(self, folder: Path | None) -> list[str]:
        """Install the scripts in every Ardour of this user, or in one configuration folder.

        Raises:
            HostError: there is no Ardour, or it runs.
            StoreError: a folder cannot be written.
        """
        return setup.setup(self._home, uninstall=False, folder=folder)

    def uninstall(self, folder: Path | None) -> list[str]:
        """Take everything out again that :meth:`install` put there.

        Raises:
            HostError, StoreError: as there.
        """
        return setup.setup(self._home, uninstall=True, folder=folder)

    def request_selected(self, options: Mapping[str, Any]) -> None:
        """Ask the running Ardour to transcribe its selection.

        Waits until its hook took the command.

        Raises:
            HostError: no Ardour with dawscribe's hook took it.
            StoreError: the command cannot be written.
        """
        if not ask_daw(self._home, "ardour", options, ANSWER_S):
            raise HostError(
                "Ardour does not answer; open a session in it, or run 'dawscribe setup ardour'.", code="host-silent"
            )


def _session_folder(target: Path) -> Path:
    """Return the folder of the session "song.ardour", which is "song"."""
    return target.with_suffix("") if target.suffix == Ardour.suffix else target
