"""An .RPP file as a project."""

from __future__ import annotations

from pathlib import Path

from tests.reaper_sim import chunk_read
from tests.reaper_sim.api_chunks_api import send_values
from tests.reaper_sim.chunk_text import Node, parse
from tests.reaper_sim.defaults import TRACK, sort_items
from tests.reaper_sim.model import Marker, Project, Send, TempoMarker, Track


def load(path: Path) -> Project:
    """Reads a project; what the model does not hold is left out."""
    return read(path.read_text(encoding="utf-8", errors="surrogateescape"), str(path))


def read(text: str, path: str = "") -> Project:
    """A project from the file's text."""
    node = parse(text)
    project = Project(path=path)
    for line in node.lines():
        _line(project, line)
    for block in node.nodes("TEMPOENVEX"):
        project.tempo = [_tempo(line) for line in block.lines() if line[0] == "PT"]
    pending: list[tuple[Track, list[str]]] = []
    for block in node.nodes("TRACK"):
        track = Track(values=dict(TRACK))
        pending += [(track, line) for line in chunk_read.apply_track(track, block)]
        sort_items(track)
        project.tracks.append(track)
    for target, line in pending:
        source = project.tracks[int(line[1])]
        project.sends.append(Send(source=source, target=target, values=send_values(line)))
    for block in node.nodes("EXTSTATE"):
        _ext(project, block)
    for track in project.tracks:
        _absolute(track, Path(path).parent if path else None)
    return project


def _line(project: Project, line: list[str]) -> None:
    if line[0] == "TEMPO":
        project.bpm, project.signature = float(line[1]), (int(line[2]), int(line[3]))
    elif line[0] == "CURSOR":
        project.cursor = float(line[1])
    elif line[0] == "SELECTION":
        project.time_selection = (float(line[1]), float(line[2]))
    elif line[0] == "MARKER":
        region = len(line) > 4 and line[4] == "1"
        last = project.markers[-1] if project.markers else None
        if region and last and last.end is None and last.id == int(line[1]) and not line[3] and last.color == -1:
            last.end, last.color = float(line[2]), 0
            return
        color = -1 if region else int(line[5]) if len(line) > 5 else 0
        marker = Marker(id=int(line[1]), position=float(line[2]), name=line[3], color=color)
        marker.guid = line[8] if len(line) > 8 else marker.guid
        project.markers.append(marker)


def _tempo(line: list[str]) -> TempoMarker:
    code = int(line[4]) if len(line) > 4 else 0
    return TempoMarker(
        time=float(line[1]), bpm=float(line[2]), linear=line[3] == "0",
        numerator=code & 65535, denominator=code >> 16,
    )  # fmt: skip


def _ext(project: Project, block: Node) -> None:
    for section in block.nodes():
        for line in section.lines():
            key = (section.name.lower(), line[0].lower())
            project.state[key] = (section.name, line[0], line[1] if len(line) > 1 else "")


def _absolute(track: Track, folder: Path | None) -> None:
    for item in track.items:
        for take in item.takes:
            source = take.source if take else None
            while source is not None:
                if source.path and folder is not None and not Path(source.path).is_absolute():
                    source.path = str(folder / source.path)
                source = source.parent
