"""Projects: tabs, paths, settings, opening and saving."""

from __future__ import annotations

from pathlib import Path

from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Project
from tests.reaper_sim.registry import api, constant

constant(0, "GetSetProjectAuthor")

INFO = {
    "OPENCOPY_CFGIDX": 1.0, "PROJECT_SRATE": 44100.0, "PROJECT_SRATE_USE": 0.0, "RENDER_CHANNELS": 2.0,
    "PROJECT_TIMEBASE": 1.0,
}  # fmt: skip


@api
def EnumProjects(r: Reaper, index: int) -> tuple[Project | None, str]:
    if r.is_quitting:
        return None, ""
    if index in (-1, 0x40000000):
        return r.project, r.project.path
    if not 0 <= index < len(r.projects):
        return None, ""
    return r.projects[index], r.projects[index].path


@api
def SelectProjectInstance(r: Reaper, proj: Project) -> None:
    if proj is r.project:
        return
    r.tab_switches.append(proj)
    if not r.background_projects:
        # The tab that goes to the back stops.
        r.project.play_state = 0
    r.project = proj


@api
def GetProjectName(r: Reaper, proj: Project) -> str:
    return Path(proj.path).name


@api
def GetProjectPathEx(r: Reaper, proj: Project) -> str:
    return str(Path(proj.path).parent) if proj.path else str(r.resource_path / "REAPER Media")


@api
def GetProjectPath(r: Reaper) -> str:
    return GetProjectPathEx(r, r.project)


@api
def IsProjectDirty(r: Reaper, proj: Project) -> int:
    return int(proj.dirty)


@api
def MarkProjectDirty(r: Reaper, proj: Project) -> None:
    proj.dirty = True


@api
def GetProjectLength(r: Reaper, proj: Project) -> float:
    ends = [i.start + i.length for i in proj.all_items()]
    ends += [m.end or m.position for m in proj.markers]
    return max(ends, default=0.0)


@api
def GetSetProjectInfo(r: Reaper, proj: Project, key: str, value: float, write: bool) -> float:
    if write and key != "PROJECT_TIMEBASE":
        proj.info[key] = value
    return proj.info.get(key, INFO.get(key, 0.0))


@api
def GetSetProjectInfo_String(r: Reaper, proj: Project, key: str, value: str, write: bool) -> tuple[bool, str]:
    if write:
        proj.info_text[key] = value
    if key == "PROJECT_NAME":
        return True, Path(proj.path).name
    return True, proj.info_text.get(key, "")


@api
def GetSetProjectNotes(r: Reaper, proj: Project, write: bool, text: str) -> str:
    if write:
        proj.notes = text
    return proj.notes


@api
def Main_SaveProject(r: Reaper, proj: Project, force_save_as: bool) -> None:
    from tests.reaper_sim.rpp_file import save

    if proj.path:
        save(proj, Path(proj.path), r.version)
        proj.dirty = False


@api
def Main_SaveProjectEx(r: Reaper, proj: Project, path: str, options: int) -> None:
    proj.path = path or proj.path
    Main_SaveProject(r, proj, False)


@api
def Main_openProject(r: Reaper, name: str) -> None:
    from tests.reaper_sim.rpp_load import load

    path = name.removeprefix("noprompt:").removeprefix("template:")
    if not Path(path).is_file():
        r.messages.append(("Open project", f"{path} could not be opened", 0))
        return
    r.open(load(Path(path)))
