"""Undo blocks and points, and the counter that holds the screen still."""

from __future__ import annotations

from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.errors import ApiError
from tests.reaper_sim.model import Item, Project
from tests.reaper_sim.registry import alias, api


def _used(r: Reaper) -> None:
    if r.current is not None:
        r.current.used_undo = True


@api
def Undo_BeginBlock2(r: Reaper, proj: Project) -> None:
    _used(r)
    r.undo_depth += 1


@api
def Undo_BeginBlock(r: Reaper) -> None:
    Undo_BeginBlock2(r, r.project)


@api
def Undo_EndBlock2(r: Reaper, proj: Project, name: str, flags: int) -> None:
    if r.undo_depth == 0:
        raise ApiError("Undo_EndBlock without Undo_BeginBlock")
    r.undo_depth -= 1
    if r.undo_depth:
        return
    # Flags of 0 mean "only what the actions inside did": without any, the block leaves no point of its own.
    if name and (flags or r.acted_in_block):
        r.history(proj).add(name)
    elif r.unnamed_block and r.acted_in_block:
        r.history(proj).add(r.unnamed_block)
    elif r.current is not None:
        r.current.used_undo = False
    r.acted_in_block = False


@api
def Undo_EndBlock(r: Reaper, name: str, flags: int) -> None:
    Undo_EndBlock2(r, r.project, name, flags)


@api
def Undo_OnStateChange2(r: Reaper, proj: Project, name: str) -> None:
    _used(r)
    if r.undo_depth == 0 and r.history(proj).changed():
        r.history(proj).add(name)


@api
def Undo_OnStateChange(r: Reaper, name: str) -> None:
    Undo_OnStateChange2(r, r.project, name)


@api
def Undo_OnStateChangeEx2(r: Reaper, proj: Project, name: str, flags: int, track: int) -> None:
    Undo_OnStateChange2(r, proj, name)


@api
def Undo_OnStateChangeEx(r: Reaper, name: str, flags: int, track: int) -> None:
    Undo_OnStateChange2(r, r.project, name)


@api
def Undo_OnStateChange_Item(r: Reaper, proj: Project, name: str, item: Item) -> None:
    Undo_OnStateChange2(r, proj, name)


@api
def Undo_CanUndo2(r: Reaper, proj: Project) -> str | None:
    history = r.history(proj)
    return history.points[history.position].name if history.position > 0 else None


@api
def Undo_CanRedo2(r: Reaper, proj: Project) -> str | None:
    history = r.history(proj)
    ahead = history.position + 1
    return history.points[ahead].name if ahead < len(history.points) else None


@api
def Undo_DoUndo2(r: Reaper, proj: Project) -> int:
    _used(r)
    return int(r.history(proj).step(-1))


@api
def Undo_DoRedo2(r: Reaper, proj: Project) -> int:
    _used(r)
    return int(r.history(proj).step(1))


@api
def PreventUIRefresh(r: Reaper, change: int) -> None:
    r.refresh_depth += change
    if r.refresh_depth < 0:
        r.refresh_depth = 0
        raise ApiError("PreventUIRefresh went below zero")


@api
def GetProjectStateChangeCount(r: Reaper, proj: Project) -> int:
    return proj.change_count


alias("CSurf_FlushUndo", lambda r, force: None)
