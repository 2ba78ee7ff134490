"""A project as an .RPP file."""

from __future__ import annotations

from pathlib import Path

from tests.reaper_sim import chunk_write
from tests.reaper_sim.chunk_text import number as n
from tests.reaper_sim.chunk_text import quote
from tests.reaper_sim.model import Project, Track


def receives(project: Project, track: Track) -> list[str]:
    """The AUXRECV lines of a track."""
    lines = []
    for send in project.sends:
        if send.target is track:
            v = send.values
            numbers = [v["I_SENDMODE"], v["D_VOL"], v["D_PAN"], v["B_MUTE"], v["B_MONO"], v["B_PHASE"],
                       v["I_SRCCHAN"], v["I_DSTCHAN"]]  # fmt: skip
            index = project.tracks.index(send.source)
            lines.append(f"AUXRECV {index} " + " ".join(n(x) for x in numbers) + " -1:U 0 -1 ''")
    return lines


def _tempo_lines(project: Project) -> list[str]:
    lines = ["<TEMPOENVEX", "ACT 1 -1", "VIS 1 0 1", "LANEHEIGHT 0 0", "ARM 0", "DEFSHAPE 1 -1 -1"]
    for marker in project.tempo:
        shape = 0 if marker.linear else 1
        signature = f" {marker.denominator * 65536 + marker.numerator} 0 1" if marker.numerator else ""
        lines.append(f"PT {marker.time:.12f} {marker.bpm:.10f} {shape}{signature}")
    return [*lines, ">"]


def _marker_lines(project: Project) -> list[str]:
    lines = []
    for m in project.markers:
        flag = int(m.end is not None)
        lines.append(f"MARKER {m.id} {n(m.position)} {quote(m.name)} {flag} {m.color} 1 R {m.guid} 0")
        if m.end is not None:
            lines.append(f'MARKER {m.id} {n(m.end)} "" 1')
    return lines


def text(project: Project, version: str = "7.78/linux-x86_64") -> str:
    """The whole file."""
    num, den = project.signature
    lines = [f'<REAPER_PROJECT 0.1 "{version}" 1700000000 0', "RIPPLE 0 0", f"CURSOR {n(project.cursor)}",
             f"SAMPLERATE {int(project.info.get('PROJECT_SRATE', 44100))} 0 0",
             f"SELECTION {n(project.time_selection[0])} {n(project.time_selection[1])}",
             f"LOOP {int(project.repeat)}", f"TEMPO {n(project.bpm)} {num} {den} 0"]  # fmt: skip
    if project.notes:
        lines += ["<NOTES 0 2", *[f"|{line}" for line in project.notes.split("\n")], ">"]
    if project.tempo:
        lines += _tempo_lines(project)
    lines += _marker_lines(project)
    for track in project.tracks:
        lines += chunk_write.track_lines(track, receives(project, track))
    if project.state:
        lines.append("<EXTSTATE")
        for section in sorted({row[0] for row in project.state.values()}):
            lines.append(f"<{quote(section.upper())}")
            lines += [f"{quote(key)} {quote(value)}" for s, key, value in project.state.values() if s == section]
            lines.append(">")
        lines.append(">")
    return _indent([*lines, ">"])


def _indent(lines: list[str]) -> str:
    out, depth = [], 0
    for line in lines:
        depth -= line == ">"
        out.append("  " * depth + line)
        depth += line.startswith("<")
    return "\n".join(out) + "\n"


def save(project: Project, path: Path, version: str = "7.78/linux-x86_64") -> None:
    """Writes the project."""
    path.write_text(text(project, version), encoding="utf-8", errors="surrogateescape")
