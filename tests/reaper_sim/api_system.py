"""The program around the project: scripts, files, processes, time, strings, colours."""

from __future__ import annotations

import shlex
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any

from tests.reaper_sim import signatures
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.errors import ApiError
from tests.reaper_sim.model import Handle, Item, Project, Take, Track, new_guid
from tests.reaper_sim.registry import api, constant

constant(None, "PluginWantsAlwaysRunFx", "UpdateArrange", "UpdateTimeline", "RefreshToolbar", "RefreshToolbar2")
constant(None, "Help_Set", "TrackCtl_SetToolTip", "Main_UpdateLoopInfo", "DockWindowRefresh", "ThemeLayout_RefreshAll")
constant((True, "256"), "ThemeLayout_GetLayout")
constant(0, "GetThemeColor", "SetThemeColor", "GetMIDIInputName")

MAX_DEFERRED = 1024
"""REAPER refuses more waiting functions in one script."""


def _script(r: Reaper) -> Any:
    if r.current is None:
        raise ApiError("this function works only inside a script")
    return r.current


@api
def defer(r: Reaper, function: Any) -> bool:
    script = _script(r)
    if len(script.deferred) >= MAX_DEFERRED:
        return False
    script.deferred.append(function)
    script.has_deferred = True
    return True


@api
def runloop(r: Reaper, function: Any) -> bool:
    return defer(r, function)


@api
def atexit(r: Reaper, function: Any) -> bool:
    _script(r).at_exit.append(function)
    return True


@api
def get_action_context(r: Reaper) -> tuple[bool, str, int, int, int, int, int, str]:
    script = _script(r)
    return True, str(script.path), 0, script.command, 0, 0, 0, script.context


@api
def set_action_options(r: Reaper, flags: int) -> None:
    script = _script(r)
    r.ui[f"options:{script.command}"] = flags


@api
def time_precise(r: Reaper) -> float:
    return time.perf_counter() + r.clock_ahead_s


@api
def ExecProcess(r: Reaper, command: str, timeout_ms: int) -> str | None:
    words = shlex.split(command)
    try:
        if timeout_ms in (-1, -2):
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            r.processes.append(process)
            return "0\n"
        limit = None if timeout_ms == 0 else timeout_ms / 1000
        done = subprocess.run(words, capture_output=True, timeout=limit, check=False)
    except (OSError, ValueError):
        return None
    except subprocess.TimeoutExpired as late:
        return f"-1\n{(late.stdout or b'').decode('utf-8', 'replace')}"
    return f"{done.returncode}\n{(done.stdout + done.stderr).decode('utf-8', 'replace')}"


@api
def GetResourcePath(r: Reaper) -> str:
    return str(r.resource_path)


@api
def GetExePath(r: Reaper) -> str:
    return str(r.resource_path)


@api
def get_ini_file(r: Reaper) -> str:
    return str(r.resource_path / "reaper.ini")


@api
def GetAppVersion(r: Reaper) -> str:
    return r.version


@api
def GetOS(r: Reaper) -> str:
    return r.os


@api
def APIExists(r: Reaper, name: str) -> bool:
    found = signatures.load().get(name)
    return found is not None and found.group in r.groups


@api
def file_exists(r: Reaper, path: str) -> bool:
    return Path(path).is_file() or (r.sandboxed and path == "/.flatpak-info")


def _listing(r: Reaper, folder: str, index: int, directories: bool) -> str | None:
    cache: dict[tuple[str, bool], list[str]] = r.ui.setdefault("listings", {})
    key = (folder, directories)
    if index < 0:
        cache.pop(key, None)
        return None
    if key not in cache:
        root = Path(folder)
        names = [p.name for p in root.iterdir() if p.is_dir() == directories] if root.is_dir() else []
        cache[key] = sorted(names)
    return cache[key][index] if index < len(cache[key]) else None


@api
def EnumerateFiles(r: Reaper, folder: str, index: int) -> str | None:
    return _listing(r, folder, index, False)


@api
def EnumerateSubdirectories(r: Reaper, folder: str, index: int) -> str | None:
    return _listing(r, folder, index, True)


@api
def RecursiveCreateDirectory(r: Reaper, path: str, ignored: int) -> int:
    made = not Path(path).is_dir()
    Path(path).mkdir(parents=True, exist_ok=True)
    return int(made)


@api
def genGuid(r: Reaper, guid: str | None) -> str:
    return new_guid()


@api
def guidToString(r: Reaper, guid: str, text: str) -> str:
    return guid


@api
def stringToGuid(r: Reaper, text: str, guid: str) -> str:
    return "{" + str(uuid.UUID(text)).upper() + "}" if text.strip("{}") else text


@api
def GetUnderrunTime(r: Reaper) -> tuple[int, int, int]:
    return 0, 0, 0


@api
def ColorToNative(r: Reaper, red: int, green: int, blue: int) -> int:
    low, high = (red, blue) if r.os.startswith("Win") else (blue, red)
    return (high & 255) << 16 | (green & 255) << 8 | low & 255


@api
def ColorFromNative(r: Reaper, color: int) -> tuple[int, int, int]:
    low, middle, high = color & 255, color >> 8 & 255, color >> 16 & 255
    return (low, middle, high) if r.os.startswith("Win") else (high, middle, low)


@api
def LocalizeString(r: Reaper, text: str, section: str, flags: int | None) -> str:
    return text


def _holds(proj: Project, pointer: Any) -> bool:
    if isinstance(pointer, Take):
        pointer = pointer.item
    if isinstance(pointer, Item):
        pointer = pointer.track
    return not isinstance(pointer, Track) or pointer is proj.master or pointer in proj.tracks


@api
def ValidatePtr2(r: Reaper, proj: Project, pointer: Any, kind: str) -> bool:
    if not isinstance(pointer, Handle) or not pointer.alive:
        return False
    wanted = kind.rstrip("*").strip()
    if wanted == "ReaProject":
        return pointer in r.projects
    return pointer.kind == wanted and _holds(proj, pointer)


@api
def ValidatePtr(r: Reaper, pointer: Any, kind: str) -> bool:
    return ValidatePtr2(r, r.project, pointer, kind)


@api
def StuffMIDIMessage(r: Reaper, mode: int, first: int, second: int, third: int) -> None:
    r.midi_sent.append((mode, first, second, third))


@api
def GetNumMIDIInputs(r: Reaper) -> int:
    return 0


@api
def GetNumMIDIOutputs(r: Reaper) -> int:
    return 0


@api
def GetNumAudioInputs(r: Reaper) -> int:
    return 2


@api
def GetNumAudioOutputs(r: Reaper) -> int:
    return 2


@api
def GetOutputChannelName(r: Reaper, channel: int) -> str:
    return f"Output {channel + 1}"


@api
def GetInputChannelName(r: Reaper, channel: int) -> str:
    return f"Input {channel + 1}"


@api
def Audio_IsRunning(r: Reaper) -> int:
    return 1


@api
def GetAudioDeviceInfo(r: Reaper, key: str) -> tuple[bool, str]:
    known = {"SRATE": "44100", "MODE": "Dummy", "BSIZE": "512"}
    return key in known, known.get(key, "")


@api
def DB2SLIDER(r: Reaper, value: float) -> float:
    return max(0.0, min(1000.0, 10 ** (value / 40) * 716.0))


@api
def mkvolstr(r: Reaper, gain: float) -> str:
    import math

    return "-inf dB" if gain <= 0 else f"{20 * math.log10(gain):+.2f} dB"


@api
def mkpanstr(r: Reaper, pan: float) -> str:
    return "center" if pan == 0 else f"{abs(round(pan * 100))}%{'L' if pan < 0 else 'R'}"


@api
def GetMouseModifier(r: Reaper, context: str, flag: int) -> str:
    return ""


@api
def GetMousePosition(r: Reaper) -> tuple[int, int]:
    position: tuple[int, int] = r.ui.get("mouse", (400, 300))
    return position


@api
def reduce_open_files(r: Reaper, flags: int) -> int:
    return 0
