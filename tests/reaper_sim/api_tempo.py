"""Tempo, time signatures and the formatting of times."""

from __future__ import annotations

from tests.reaper_sim import timeline
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Item, Project, TempoMarker
from tests.reaper_sim.registry import alias, api

FRAME_RATE = 30.0


@api
def CountTempoTimeSigMarkers(r: Reaper, proj: Project) -> int:
    return len(proj.tempo)


@api
def GetTempoTimeSigMarker(
    r: Reaper, proj: Project, index: int
) -> tuple[bool, float, int, float, float, int, int, bool]:
    if not 0 <= index < len(proj.tempo):
        return False, 0.0, 0, 0.0, 0.0, 0, 0, False
    m = proj.tempo[index]
    beats, measure, *_ = TimeMap2_timeToBeats(r, proj, m.time)
    return True, m.time, measure, beats, m.bpm, m.numerator, m.denominator, m.linear


@api
def SetTempoTimeSigMarker(
    r: Reaper, proj: Project, index: int, time: float, measure: int, beat: float, bpm: float, numerator: int,
    denominator: int, linear: bool,
) -> bool:  # fmt: skip
    if bpm <= 0 or index >= len(proj.tempo):
        return False
    if time < 0:
        time = TimeMap2_beatsToTime(r, proj, beat, measure)
    follow = _followers(proj)
    marker = TempoMarker(time=time, bpm=bpm, numerator=numerator, denominator=denominator, linear=linear)
    if index >= 0:
        marker.guid = proj.tempo[index].guid
        del proj.tempo[index]
    proj.tempo = [m for m in proj.tempo if abs(m.time - time) > 1e-9]
    proj.tempo.append(marker)
    proj.tempo.sort(key=lambda m: m.time)
    _follow(proj, follow)
    return True


def _followers(proj: Project) -> list[tuple[Item, float, float]]:
    """Items that follow the beats, as REAPER's default timebase has it, with their beats."""
    items = [i for i in proj.all_items() if i.values["C_BEATATTACHMODE"] in (-1.0, 1.0)]
    return [(i, timeline.to_qn(proj, i.start), timeline.to_qn(proj, i.start + i.length)) for i in items]


def _follow(proj: Project, items: list[tuple[Item, float, float]]) -> None:
    """Position, length and rate follow the beats."""
    for item, first, last in items:
        start, length = timeline.to_time(proj, first), timeline.to_time(proj, last) - timeline.to_time(proj, first)
        for take in item.takes:
            if take is not None and length > 0:
                take.values["D_PLAYRATE"] *= item.length / length
        item.values.update(D_POSITION=start, D_LENGTH=length)


@api
def AddTempoTimeSigMarker(
    r: Reaper, proj: Project, time: float, bpm: float, numerator: int, denominator: int, linear: bool
) -> bool:
    return SetTempoTimeSigMarker(r, proj, -1, time, -1, -1, bpm, numerator, denominator, linear)


@api
def DeleteTempoTimeSigMarker(r: Reaper, proj: Project, index: int) -> bool:
    if not 0 <= index < len(proj.tempo):
        return False
    del proj.tempo[index]
    return True


@api
def FindTempoTimeSigMarker(r: Reaper, proj: Project, time: float) -> int:
    return sum(m.time <= time + 1e-9 for m in proj.tempo) - 1


@api
def TimeMap2_timeToQN(r: Reaper, proj: Project, time: float) -> float:
    return timeline.to_qn(proj, time)


@api
def TimeMap2_QNToTime(r: Reaper, proj: Project, qn: float) -> float:
    return timeline.to_time(proj, qn)


alias("TimeMap_timeToQN", lambda r, time: timeline.to_qn(r.project, time))
alias("TimeMap_QNToTime", lambda r, qn: timeline.to_time(r.project, qn))
alias("TimeMap_timeToQN_abs", TimeMap2_timeToQN)
alias("TimeMap_QNToTime_abs", TimeMap2_QNToTime)


@api
def TimeMap2_timeToBeats(r: Reaper, proj: Project, time: float) -> tuple[float, int, int, float, int]:
    qn = timeline.to_qn(proj, time)
    measure, start, _ = timeline.measure_of_qn(proj, qn)
    piece = timeline.segment_at(proj, time)
    unit = 4 / piece.denominator
    return (qn - start) / unit, measure, piece.numerator, qn / unit, piece.denominator


@api
def TimeMap2_beatsToTime(r: Reaper, proj: Project, beat: float, measure: int | None) -> float:
    if measure is None:
        piece = timeline.segments(proj)[0]
        return timeline.to_time(proj, beat * 4 / piece.denominator)
    start, piece = timeline.measure_start_qn(proj, measure)
    return timeline.to_time(proj, start + beat * 4 / piece.denominator)


@api
def TimeMap_GetTimeSigAtTime(r: Reaper, proj: Project, time: float) -> tuple[int, int, float]:
    piece = timeline.segment_at(proj, time)
    return piece.numerator, piece.denominator, timeline.bpm_at(proj, time)


@api
def TimeMap_GetMeasureInfo(r: Reaper, proj: Project, measure: int) -> tuple[float, float, float, int, int, float]:
    start, piece = timeline.measure_start_qn(proj, measure)
    end = start + piece.numerator * 4 / piece.denominator
    time = timeline.to_time(proj, start)
    return time, start, end, piece.numerator, piece.denominator, timeline.bpm_at(proj, time)


@api
def TimeMap_QNToMeasures(r: Reaper, proj: Project, qn: float) -> tuple[int, float, float]:
    measure, start, end = timeline.measure_of_qn(proj, qn)
    return measure + 1, start, end


@api
def TimeMap2_GetDividedBpmAtTime(r: Reaper, proj: Project, time: float) -> float:
    return timeline.bpm_at(proj, time) * timeline.segment_at(proj, time).denominator / 4


@api
def TimeMap_GetDividedBpmAtTime(r: Reaper, time: float) -> float:
    return TimeMap2_GetDividedBpmAtTime(r, r.project, time)


@api
def TimeMap2_GetNextChangeTime(r: Reaper, proj: Project, time: float) -> float:
    return next((m.time for m in proj.tempo if m.time > time), -1.0)


@api
def TimeMap_curFrameRate(r: Reaper, proj: Project) -> tuple[float, bool]:
    return FRAME_RATE, False


@api
def TimeMap_GetMetronomePattern(r: Reaper, proj: Project, time: float, text: str) -> tuple[int, str]:
    return 0, ""


@api
def Master_GetTempo(r: Reaper) -> float:
    return timeline.bpm_at(r.project, r.project.cursor)


@api
def GetProjectTimeSignature2(r: Reaper, proj: Project) -> tuple[float, float]:
    piece = timeline.segments(proj)[0]
    return piece.bpm, float(piece.numerator)


@api
def GetProjectTimeSignature(r: Reaper) -> tuple[float, float]:
    return GetProjectTimeSignature2(r, r.project)


@api
def SetCurrentBPM(r: Reaper, proj: Project, bpm: float, undo: bool) -> None:
    proj.bpm = bpm
    if proj.tempo and proj.tempo[0].time <= 1e-9:
        proj.tempo[0].bpm = bpm


@api
def CSurf_OnTempoChange(r: Reaper, bpm: float) -> None:
    SetCurrentBPM(r, r.project, bpm, False)


def format_time(time: float, proj: Project, r: Reaper, mode: int) -> str:
    """The text REAPER shows for a position: 0 time, 1/2 measures, 3 seconds, 4 samples, 5 h:m:s:f."""
    sign, time = ("-" if time < 0 else ""), abs(time)
    if mode in (1, 2):
        beats, measure, *_ = TimeMap2_timeToBeats(r, proj, time)
        return f"{sign}{measure + 1}.{int(beats) + 1}.{int(beats % 1 * 100):02d}"
    if mode == 3:
        return f"{sign}{time:.3f}"
    if mode == 4:
        return f"{sign}{round(time * project_rate(proj))}"
    if mode == 5:
        whole = int(time)
        frames = int((time - whole) * FRAME_RATE + 1e-6)
        return f"{sign}{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}:{frames:02d}"
    minutes = int(time // 60)
    seconds = time - minutes * 60
    hours = f"{minutes // 60}:{minutes % 60:02d}" if minutes >= 60 else str(minutes)
    return f"{sign}{hours}:{seconds:06.3f}"


def project_rate(proj: Project) -> float:
    """The project's sample rate in Hz."""
    return proj.info.get("PROJECT_SRATE", 44100.0)


@api
def format_timestr(r: Reaper, time: float, buffer: str) -> str:
    return format_time(time, r.project, r, 0)


@api
def format_timestr_pos(r: Reaper, time: float, buffer: str, mode: int) -> str:
    return format_time(time, r.project, r, mode if mode >= 0 else 1)


@api
def format_timestr_len(r: Reaper, time: float, buffer: str, offset: float, mode: int) -> str:
    if mode in (1, 2):
        qn = timeline.to_qn(r.project, offset + time) - timeline.to_qn(r.project, offset)
        return f"{int(qn // 4)}.{int(qn % 4)}.{int(qn % 1 * 100):02d}"
    return format_time(time, r.project, r, mode)


@api
def parse_timestr_pos(r: Reaper, text: str, mode: int) -> float:
    if mode in (1, 2, -1) and ("." in text and ":" not in text):
        parts = [float(p or 0) for p in text.split(".")]
        measure, beat = int(parts[0]) - 1, parts[1] - 1 if len(parts) > 1 else 0.0
        hundredths = parts[2] / 100 if len(parts) > 2 else 0.0
        return TimeMap2_beatsToTime(r, r.project, beat + hundredths, measure)
    return parse_timestr_len(r, text, 0.0, mode)


@api
def parse_timestr_len(r: Reaper, text: str, offset: float, mode: int) -> float:
    try:
        if mode == 4:
            return float(text) / project_rate(r.project)
        if mode == 5:
            hours, minutes, seconds, frames = (float(p) for p in text.split(":"))
            return hours * 3600 + minutes * 60 + seconds + frames / FRAME_RATE
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part)
        return total
    except ValueError:
        return 0.0


@api
def parse_timestr(r: Reaper, text: str) -> float:
    return parse_timestr_len(r, text, 0.0, 0)


@api
def GetProjectTimeOffset(r: Reaper, proj: Project, rounded: bool) -> float:
    return proj.info.get("PROJECT_TIMEOFFS", 0.0)
