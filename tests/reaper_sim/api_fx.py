"""Plug-in chains of tracks and takes."""

from __future__ import annotations

import copy
from typing import Any

from tests.reaper_sim import plugins
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Fx, Take, Track, new_guid
from tests.reaper_sim.registry import alias, api, constant

REC = 0x1000000
Owner = Any

constant(None, "TrackFX_Show", "TakeFX_Show")
constant(None, "TrackFX_GetFloatingWindow", "TakeFX_GetFloatingWindow")
constant(-1, "TrackFX_GetChainVisible", "TrackFX_GetRecChainVisible", "TakeFX_GetChainVisible")


def chain_of(owner: Owner, index: int) -> tuple[list[Fx], int]:
    """The chain an index points into, and the place there."""
    if index & REC and isinstance(owner, Track):
        return owner.rec_fx, index & 0xFFFFFF
    return owner.fx, index


def fx_at(owner: Owner, index: int) -> Fx | None:
    """The plug-in at an index, None out of range."""
    chain, place = chain_of(owner, index)
    return chain[place] if 0 <= place < len(chain) else None


def add_by_name(chain: list[Fx], name: str, instantiate: int) -> int:
    """The rule of TrackFX_AddByName; the index or -1."""
    plugin = plugins.find(name)
    if plugin is None:
        return -1
    if instantiate >= 0:
        present = next((i for i, fx in enumerate(chain) if fx.name == plugin.name), -1)
        if present >= 0 or instantiate == 0:
            return present
    place = min(-1000 - instantiate, len(chain)) if instantiate <= -1000 else len(chain)
    chain.insert(place, plugins.instance(plugin))
    return place


@api
def TrackFX_AddByName(r: Reaper, track: Track, name: str, rec: bool, instantiate: int) -> int:
    chain = track.rec_fx if rec else track.fx
    index = add_by_name(chain, name, instantiate)
    return index | REC if rec and index >= 0 else index


@api
def TrackFX_GetByName(r: Reaper, track: Track, name: str, instantiate: bool) -> int:
    return add_by_name(track.fx, name, 1 if instantiate else 0)


@api
def TrackFX_GetCount(r: Reaper, track: Track) -> int:
    return len(track.fx)


@api
def TrackFX_GetRecCount(r: Reaper, track: Track) -> int:
    return len(track.rec_fx)


@api
def TrackFX_GetInstrument(r: Reaper, track: Track) -> int:
    return next((i for i, fx in enumerate(track.fx) if fx.instrument), -1)


@api
def TrackFX_GetEQ(r: Reaper, track: Track, instantiate: bool) -> int:
    return add_by_name(track.fx, "ReaEQ", 1 if instantiate else 0)


def get_fx_name(r: Reaper, owner: Owner, index: int) -> tuple[bool, str]:
    fx = fx_at(owner, index)
    return (False, "") if fx is None else (True, fx.config.get("renamed_name") or fx.name)


def get_num_params(r: Reaper, owner: Owner, index: int) -> int:
    fx = fx_at(owner, index)
    return len(fx.params) if fx else 0


def _param(owner: Owner, index: int, param: int) -> list[Any] | None:
    fx = fx_at(owner, index)
    return fx.params[param] if fx and 0 <= param < len(fx.params) else None


def get_param(r: Reaper, owner: Owner, index: int, param: int) -> tuple[float, float, float]:
    row = _param(owner, index, param)
    return (row[1], row[2], row[3]) if row else (-1.0, 0.0, 0.0)


def get_param_ex(r: Reaper, owner: Owner, index: int, param: int) -> tuple[float, float, float, float]:
    row = _param(owner, index, param)
    return (row[1], row[2], row[3], (row[2] + row[3]) / 2) if row else (-1.0, 0.0, 0.0, 0.0)


def get_param_name(r: Reaper, owner: Owner, index: int, param: int) -> tuple[bool, str]:
    row = _param(owner, index, param)
    return (True, row[0]) if row else (False, "")


def get_normalized(r: Reaper, owner: Owner, index: int, param: int) -> float:
    row = _param(owner, index, param)
    return (row[1] - row[2]) / (row[3] - row[2]) if row else -1.0


def set_param(r: Reaper, owner: Owner, index: int, param: int, value: float) -> bool:
    row = _param(owner, index, param)
    if row is None:
        return False
    row[1] = max(row[2], min(row[3], value))
    r.ui["touched_fx"] = (owner, index, param)
    return True


def set_normalized(r: Reaper, owner: Owner, index: int, param: int, value: float) -> bool:
    row = _param(owner, index, param)
    return row is not None and set_param(r, owner, index, param, row[2] + value * (row[3] - row[2]))


def formatted(r: Reaper, owner: Owner, index: int, param: int) -> tuple[bool, str]:
    row, fx = _param(owner, index, param), fx_at(owner, index)
    return (True, plugins.shown(fx.name, row[0], row[1])) if row and fx else (False, "")


def format_value(r: Reaper, owner: Owner, index: int, param: int, value: float, *rest: Any) -> tuple[bool, str]:
    row, fx = _param(owner, index, param), fx_at(owner, index)
    return (True, plugins.shown(fx.name, row[0], value)) if row and fx else (False, "")


def step_sizes(r: Reaper, owner: Owner, index: int, param: int) -> tuple[bool, float, float, float, bool]:
    return False, 0.0, 0.0, 0.0, False


def get_param_ident(r: Reaper, owner: Owner, index: int, param: int) -> tuple[bool, str]:
    return _param(owner, index, param) is not None, str(param)


def get_param_from_ident(r: Reaper, owner: Owner, index: int, ident: str) -> int:
    special = {":bypass": "Bypass", ":wet": "Wet", ":delta": "Delta"}
    fx = fx_at(owner, index)
    if fx is None:
        return -1
    if ident in special:
        return next((i for i, row in enumerate(fx.params) if row[0] == special[ident]), -1)
    return int(ident) if ident.isdigit() and int(ident) < len(fx.params) else -1


def get_enabled(r: Reaper, owner: Owner, index: int) -> bool:
    fx = fx_at(owner, index)
    return fx is not None and fx.enabled


def set_enabled(r: Reaper, owner: Owner, index: int, enabled: bool) -> None:
    fx = fx_at(owner, index)
    if fx:
        fx.enabled = enabled


def get_offline(r: Reaper, owner: Owner, index: int) -> bool:
    fx = fx_at(owner, index)
    return fx is not None and fx.offline


def set_offline(r: Reaper, owner: Owner, index: int, offline: bool) -> None:
    fx = fx_at(owner, index)
    if fx:
        fx.offline = offline


def get_open(r: Reaper, owner: Owner, index: int) -> bool:
    fx = fx_at(owner, index)
    return fx is not None and fx.open


def set_open(r: Reaper, owner: Owner, index: int, opened: bool) -> None:
    fx = fx_at(owner, index)
    if fx:
        fx.open = opened


def get_guid(r: Reaper, owner: Owner, index: int) -> str | None:
    fx = fx_at(owner, index)
    return fx.guid if fx else None


def get_preset(r: Reaper, owner: Owner, index: int) -> tuple[bool, str]:
    fx = fx_at(owner, index)
    return (False, "") if fx is None else (bool(fx.preset), fx.preset)


def set_preset(r: Reaper, owner: Owner, index: int, name: str) -> bool:
    fx = fx_at(owner, index)
    if fx is None:
        return False
    fx.preset = name
    return True


def get_preset_index(r: Reaper, owner: Owner, index: int) -> tuple[int, int]:
    return -1, 0


def delete(r: Reaper, owner: Owner, index: int) -> bool:
    chain, place = chain_of(owner, index)
    if not 0 <= place < len(chain):
        return False
    del chain[place]
    owner.envelopes = [e for e in owner.envelopes if e.fx_param is None or e.fx_param[0] != index]
    return True


def named_config(r: Reaper, owner: Owner, index: int, key: str) -> tuple[bool, str]:
    fx = fx_at(owner, index)
    if fx is None:
        return False, ""
    known = {
        "fx_name": fx.name, "original_name": fx.name, "fx_ident": fx.ident, "fx_type": fx.name.split(":")[0],
        "renamed_name": "", "is_instrument": str(int(fx.instrument)),
    }  # fmt: skip
    known.update(fx.config)
    return key in known, known.get(key, "")


def set_named_config(r: Reaper, owner: Owner, index: int, key: str, value: str) -> bool:
    fx = fx_at(owner, index)
    if fx is None:
        return False
    if "5000" in fx.name and (key.startswith(("FILE", "+FILE", "-FILE")) or key == "DONE"):
        return _sampler_file(fx, key, value)
    fx.config[key] = value
    return True


def _sampler_file(fx: Fx, key: str, value: str) -> bool:
    files = sorted((k for k in fx.config if k.startswith("FILE")), key=lambda k: int(k[4:]))
    if key == "DONE":
        fx.config["DONE"] = "1"
    elif key == "-FILE*":
        for name in files:
            del fx.config[name]
    elif key.startswith("+FILE"):
        fx.config[f"FILE{len(files)}"] = value
    elif key.startswith("-FILE"):
        fx.config.pop(key[1:], None)
    else:
        place = key[4:] or "0"
        if not place.isdigit() or int(place) > len(files):
            return False
        fx.config[f"FILE{place}"] = value
    return True


def copied(fx: Fx, move: bool) -> Fx:
    """The plug-in itself when it moves, else a twin with its own GUID."""
    if move:
        return fx
    twin = copy.deepcopy(fx)
    twin.guid = new_guid()
    return twin


def copy_fx(r: Reaper, source: Owner, index: int, target: Owner, place: int, move: bool) -> None:
    chain, at = chain_of(source, index)
    if not 0 <= at < len(chain):
        return
    fx = copied(chain[at], move)
    if move:
        del chain[at]
    goal, to = chain_of(target, place)
    goal.insert(max(0, min(to, len(goal))), fx)


for _part, _function in {
    "GetFXName": get_fx_name, "GetNumParams": get_num_params, "GetParam": get_param, "GetParamEx": get_param_ex,
    "GetParamName": get_param_name, "GetParamNormalized": get_normalized, "SetParam": set_param,
    "SetParamNormalized": set_normalized, "GetFormattedParamValue": formatted,
    "FormatParamValue": format_value, "FormatParamValueNormalized": format_value,
    "GetParameterStepSizes": step_sizes, "GetParamIdent": get_param_ident,
    "GetParamFromIdent": get_param_from_ident, "GetEnabled": get_enabled, "SetEnabled": set_enabled,
    "GetOffline": get_offline, "SetOffline": set_offline, "GetOpen": get_open, "SetOpen": set_open,
    "GetFXGUID": get_guid, "GetPreset": get_preset, "SetPreset": set_preset, "GetPresetIndex": get_preset_index,
    "Delete": delete, "GetNamedConfigParm": named_config, "SetNamedConfigParm": set_named_config,
    "CopyToTrack": copy_fx, "CopyToTake": copy_fx, "EndParamEdit": lambda *_: True,
    "GetIOSize": lambda *_: (2, 2, 2), "GetPinMappings": lambda *_: (1, 0), "SetPinMappings": lambda *_: True,
    "NavigatePresets": lambda *_: True, "SetPresetByIndex": lambda *_: True,
    "GetUserPresetFilename": lambda *_: "",
}.items():  # fmt: skip
    alias(f"TrackFX_{_part}", _function)  # type: ignore[arg-type]
    alias(f"TakeFX_{_part}", _function)  # type: ignore[arg-type]


@api
def TakeFX_AddByName(r: Reaper, take: Take, name: str, instantiate: int) -> int:
    return add_by_name(take.fx, name, instantiate)


@api
def TakeFX_GetCount(r: Reaper, take: Take) -> int:
    return len(take.fx)


@api
def GetFocusedFX2(r: Reaper) -> tuple[int, int, int, int]:
    return 0, 0, 0, 0


alias("GetFocusedFX", GetFocusedFX2)


@api
def GetLastTouchedFX(r: Reaper) -> tuple[bool, int, int, int]:
    owner, index, param = r.ui.get("touched_fx", (None, 0, 0))
    if not isinstance(owner, Track) or owner not in r.project.tracks:
        return False, 0, 0, 0
    return True, r.project.tracks.index(owner) + 1, index, param


@api
def GetTCPFXParm(r: Reaper, proj: Any, track: Track, index: int) -> tuple[bool, int, int]:
    return False, 0, 0


@api
def CountTCPFXParms(r: Reaper, proj: Any, track: Track) -> int:
    return 0


@api
def EnumInstalledFX(r: Reaper, index: int) -> tuple[bool, str, str]:
    if not 0 <= index < len(plugins.CATALOGUE):
        return False, "", ""
    plugin = plugins.CATALOGUE[index]
    return True, plugin.name, plugin.file
