"""PCM sources."""

from __future__ import annotations

from pathlib import Path

import soundfile

from tests.reaper_sim import audio, timeline
from tests.reaper_sim.defaults import new_item, new_take
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.midi_events import PPQ
from tests.reaper_sim.midi_file import read_midi_file
from tests.reaper_sim.model import Project, Source, Take
from tests.reaper_sim.registry import alias, api

TYPES = {"wav": "WAVE", "flac": "FLAC", "mp3": "MP3", "ogg": "VORBIS", "opus": "OPUS", "aif": "AIFF",
         "aiff": "AIFF", "mid": "MIDI", "midi": "MIDI", "mp4": "VIDEO", "mov": "VIDEO"}  # fmt: skip


@api
def PCM_Source_CreateFromFile(r: Reaper, path: str) -> Source | None:
    kind = TYPES.get(path.rsplit(".", 1)[-1].lower())
    if kind is None or not Path(path).is_file():
        return None
    if kind == "MIDI":
        return Source(type="MIDI", path=path, midi=read_midi_file(Path(path)))
    return Source(type=kind, path=path)


@api
def PCM_Source_CreateFromFileEx(r: Reaper, path: str, force_no_midi: bool) -> Source | None:
    return PCM_Source_CreateFromFile(r, path)


@api
def PCM_Source_CreateFromType(r: Reaper, kind: str) -> Source | None:
    return Source(type=kind)


@api
def PCM_Source_Destroy(r: Reaper, source: Source) -> None:
    source.alive = False


@api
def PCM_Source_BuildPeaks(r: Reaper, source: Source, mode: int) -> int:
    """Mode 0 begins (0: nothing to do), 1 works and gives the percentage that is left, 2 ends."""
    if mode == 0:
        return int(source.path not in r.peaks_built)
    if mode == 2:
        r.peaks_built.add(source.path)
    return 0


@api
def GetPeakFileName(r: Reaper, path: str) -> str:
    if r.peak_folder:
        return str(Path(r.peak_folder) / f"{Path(path).name}.reapeaks")
    return f"{path}.reapeaks"


@api
def GetMediaSourceFileName(r: Reaper, source: Source) -> str:
    return source.path


@api
def GetMediaSourceType(r: Reaper, source: Source) -> str:
    return source.type


@api
def GetMediaSourceLength(r: Reaper, source: Source) -> tuple[float, bool]:
    root = audio.root(source)
    if root.midi is not None:
        return root.midi.end / PPQ, True
    return audio.length_of(source), False


@api
def GetMediaSourceParent(r: Reaper, source: Source) -> Source | None:
    return source.parent


@api
def PCM_Source_GetSectionInfo(r: Reaper, source: Source) -> tuple[bool, float, float, bool]:
    if source.type != "SECTION":
        return False, 0.0, 0.0, False
    return True, source.section_start_s, audio.length_of(source), source.reverse


def _file_info(source: Source) -> tuple[int, int]:
    root = audio.root(source)
    if root.midi is not None or root.offline or not Path(root.path).is_file():
        return 0, 0
    try:
        info = soundfile.info(root.path)
    except soundfile.LibsndfileError:
        return 0, 0
    return int(info.samplerate), int(info.channels)


@api
def GetMediaSourceSampleRate(r: Reaper, source: Source) -> int:
    root = audio.root(source)
    if root.offline and r.offline_keeps_rate and Path(root.path).is_file():
        return int(soundfile.info(root.path).samplerate)
    return _file_info(source)[0]


@api
def GetMediaSourceNumChannels(r: Reaper, source: Source) -> int:
    return _file_info(source)[1]


@api
def CF_GetMediaSourceOnline(r: Reaper, source: Source) -> bool:
    return not audio.root(source).offline


@api
def CF_SetMediaSourceOnline(r: Reaper, source: Source, online: bool) -> None:
    root = audio.root(source)
    root.offline, root.offline_by_focus = not online, False


@api
def CF_GetMediaSourceBitDepth(r: Reaper, source: Source) -> int:
    rate, _ = _file_info(source)
    return 0 if not rate else {"PCM_16": 16, "PCM_24": 24}.get(soundfile.info(source.path).subtype, 32)


@api
def InsertMedia(r: Reaper, path: str, mode: int) -> int:
    source = PCM_Source_CreateFromFile(r, path)
    if source is None:
        return 0
    selected = [t for t in r.project.tracks if t.values["I_SELECTED"]]
    if mode & 3 == 1 or not (selected or r.project.tracks):
        from tests.reaper_sim.api_tracks import insert_track

        track = insert_track(r, r.project, len(r.project.tracks))
        track.name = Path(path).stem
    else:
        track = selected[0] if selected else r.project.tracks[0]
    length = source_length_s(r.project, source)
    item = new_item(track, r.project.cursor, length)
    new_take(item, source, Path(path).name)
    if not mode & 1024:
        r.project.cursor += length
    return 1


def source_length_s(project: Project, source: Source) -> float:
    """Seconds a source lasts when it starts at the edit cursor."""
    if source.midi is not None:
        start = timeline.to_qn(project, project.cursor)
        return timeline.to_time(project, start + source.midi.end / PPQ) - project.cursor
    return audio.length_of(source)


def set_take_file(take: Take, path: str) -> bool:
    """Puts another file behind a take."""
    take.source = Source(type=TYPES.get(path.rsplit(".", 1)[-1].lower(), "WAVE"), path=path)
    return True


@api
def BR_SetTakeSourceFromFile(r: Reaper, take: Take, path: str, in_project: bool) -> bool:
    return set_take_file(take, path)


@api
def BR_SetTakeSourceFromFile2(r: Reaper, take: Take, path: str, in_project: bool, keep: bool) -> bool:
    return set_take_file(take, path)


@api
def GetSubProjectFromSource(r: Reaper, source: Source) -> None:
    return None


alias("PCM_Source_GetPeaks", lambda r, *rest: 0)
