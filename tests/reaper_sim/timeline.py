"""A project's tempo map: seconds, quarter notes, measures, beats."""

from __future__ import annotations

from dataclasses import dataclass

from tests.reaper_sim.model import Project


@dataclass(frozen=True)
class Segment:
    """From ``time`` on; with ``end_bpm`` the tempo glides to it until the next segment."""

    time: float
    qn: float
    bpm: float
    end_bpm: float
    length: float
    numerator: int
    denominator: int
    measure: int
    measure_qn: float


def _quarters(bpm: float, end_bpm: float, span: float, elapsed: float) -> float:
    """Quarter notes in ``elapsed`` seconds of a glide that takes ``span`` seconds."""
    slope = (end_bpm - bpm) / span if span > 0 and end_bpm != bpm else 0.0
    return (bpm * elapsed + slope * elapsed * elapsed / 2) / 60.0


def segments(project: Project) -> list[Segment]:
    """The map as pieces; the first begins at 0 with the project's tempo or the marker there."""
    markers = sorted(project.tempo, key=lambda m: m.time)
    numerator, denominator = project.signature
    pieces: list[Segment] = []
    time, qn, measure, measure_qn, bpm = 0.0, 0.0, 0, 0.0, project.bpm
    starts = [(0.0, project.bpm, 0, 0, False)] if not markers or markers[0].time > 1e-9 else []
    starts += [(m.time, m.bpm, m.numerator, m.denominator, m.linear) for m in markers]
    for index, (time, bpm, num, den, linear) in enumerate(starts):
        if pieces:
            last = pieces[-1]
            qn = last.qn + _quarters(last.bpm, last.end_bpm, last.length, time - last.time)
        if num:
            if pieces:
                bar = numerator * 4 / denominator
                count = max(0, round((qn - measure_qn) / bar + 0.4999))
                measure += count
                measure_qn = qn
            numerator, denominator = num, den
        following = starts[index + 1] if index + 1 < len(starts) else None
        length = following[0] - time if following else 0.0
        end_bpm = following[1] if following and linear else bpm
        pieces.append(Segment(time, qn, bpm, end_bpm, length, numerator, denominator, measure, measure_qn))
    return pieces


def segment_at(project: Project, time: float) -> Segment:
    """The piece that holds ``time`` seconds."""
    found = segments(project)
    return next((s for s in reversed(found) if s.time <= time + 1e-12), found[0])


def _segment_at_qn(project: Project, qn: float) -> Segment:
    found = segments(project)
    return next((s for s in reversed(found) if s.qn <= qn + 1e-12), found[0])


def to_qn(project: Project, time: float) -> float:
    """Quarter notes from the project's start."""
    piece = segment_at(project, time)
    return piece.qn + _quarters(piece.bpm, piece.end_bpm, piece.length, time - piece.time)


def to_time(project: Project, qn: float) -> float:
    """Seconds from the project's start."""
    piece = _segment_at_qn(project, qn)
    wanted = (qn - piece.qn) * 60.0
    slope = (piece.end_bpm - piece.bpm) / piece.length if piece.length > 0 else 0.0
    if abs(slope) < 1e-12:
        return piece.time + wanted / piece.bpm
    root = (piece.bpm * piece.bpm + 2 * slope * wanted) ** 0.5
    return float(piece.time + (root - piece.bpm) / slope)


def bpm_at(project: Project, time: float) -> float:
    """Quarter notes per minute at a time."""
    piece = segment_at(project, time)
    if piece.length <= 0 or time > piece.time + piece.length:
        return piece.bpm
    return piece.bpm + (piece.end_bpm - piece.bpm) * (time - piece.time) / piece.length


def measure_of_qn(project: Project, qn: float) -> tuple[int, float, float]:
    """Measure counted from 0, and where it starts and ends in quarter notes."""
    piece = _segment_at_qn(project, qn)
    bar = piece.numerator * 4 / piece.denominator
    count = int((qn - piece.measure_qn) / bar + 1e-9) if qn >= piece.measure_qn else -1
    start = piece.measure_qn + count * bar
    return piece.measure + count, start, start + bar


def measure_start_qn(project: Project, measure: int) -> tuple[float, Segment]:
    """Where a measure counted from 0 starts, and the piece that rules there."""
    found = segments(project)
    piece = next((s for s in reversed(found) if s.measure <= measure), found[0])
    return piece.measure_qn + (measure - piece.measure) * piece.numerator * 4 / piece.denominator, piece
