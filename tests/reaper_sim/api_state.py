"""Ext states, configuration variables, shared memory."""

from __future__ import annotations

from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.errors import ApiError
from tests.reaper_sim.model import Project
from tests.reaper_sim.registry import api, constant

constant(None, "gmem_attach")


@api
def SetExtState(r: Reaper, section: str, key: str, value: str, persist: bool) -> None:
    if persist and "\n" in value:
        raise ApiError("bad argument #3 to 'SetExtState' (a persistent value must not contain a newline)")
    r.ext_state[section.lower(), key.lower()] = (value, persist)


@api
def GetExtState(r: Reaper, section: str, key: str) -> str:
    return r.ext_state.get((section.lower(), key.lower()), ("", False))[0]


@api
def HasExtState(r: Reaper, section: str, key: str) -> bool:
    return (section.lower(), key.lower()) in r.ext_state


@api
def DeleteExtState(r: Reaper, section: str, key: str, persist: bool) -> None:
    r.ext_state.pop((section.lower(), key.lower()), None)


@api
def SetProjExtState(r: Reaper, proj: Project, section: str, key: str, value: str) -> int:
    if not key:
        proj.state = {k: v for k, v in proj.state.items() if k[0] != section.lower()}
        return 0
    if value:
        proj.state[section.lower(), key.lower()] = (section, key, value)
    else:
        proj.state.pop((section.lower(), key.lower()), None)
    proj.dirty = True
    return len(value)


@api
def GetProjExtState(r: Reaper, proj: Project, section: str, key: str) -> tuple[int, str]:
    found = proj.state.get((section.lower(), key.lower()))
    return (0, "") if found is None else (1, found[2])


@api
def EnumProjExtState(r: Reaper, proj: Project, section: str, index: int) -> tuple[bool, str, str]:
    rows = [v for k, v in sorted(proj.state.items()) if k[0] == section.lower()]
    if not 0 <= index < len(rows):
        return False, "", ""
    return True, rows[index][1], rows[index][2]


@api
def get_config_var_string(r: Reaper, name: str) -> tuple[bool, str]:
    return name in r.config, r.config.get(name, "")


@api
def SNM_GetIntConfigVar(r: Reaper, name: str, default: int) -> int:
    return int(float(r.config.get(name, default)))


@api
def SNM_SetIntConfigVar(r: Reaper, name: str, value: int) -> bool:
    r.config[name] = str(value)
    return True


@api
def SNM_GetDoubleConfigVar(r: Reaper, name: str, default: float) -> float:
    return float(r.config.get(name, default))


@api
def SNM_SetDoubleConfigVar(r: Reaper, name: str, value: float) -> bool:
    r.config[name] = str(value)
    return True


@api
def gmem_write(r: Reaper, index: int, value: float) -> None:
    r.gmem[index] = value


@api
def gmem_read(r: Reaper, index: int) -> float:
    return r.gmem.get(index, 0.0)
