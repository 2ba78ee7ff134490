"""A score as MusicXML 3.1, partwise.

What MuseScore, Finale, Sibelius and Dorico open.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from bridge.music.harmony import Chord, Key
from bridge.music.parts import Part, Score
from bridge.music.tempo import DEFAULT_BEAT_UNIT
from bridge.score.notation.bars import Bar, bars_of
from bridge.score.notation.rhythm import QUARTER, Written, snapped, voices, written
from bridge.score.notation.spelling import spelled

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    '"-//Recordare//DTD MusicXML 3.1 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
SPLIT_PITCH = 60
"""Middle C: what lies below goes to the left hand's staff."""
TWO_STAVES = 14
"""Semitones below and above middle C that a part must reach for two staves."""
MELODY_FLOOR = 40
"""Pitch from which the height of a part counts towards its being the melody."""
OCTAVE_CLEF_UNDER = 43
"""Median pitch under which a bass is written an octave higher than it sounds, as bass players read it."""
BASS_CLEF_UNDER = 54
"""Median pitch under which a single staff has a bass clef."""
KINDS = {
    "maj": "major", "min": "minor", "7": "dominant", "maj7": "major-seventh", "min7": "minor-seventh",
    "maj6": "major-sixth", "min6": "minor-sixth", "sus4": "suspended-fourth", "sus2": "suspended-second",
    "dim": "diminished", "dim7": "diminished-seventh", "hdim7": "half-diminished", "aug": "augmented",
}  # fmt: skip
"""Our qualities in MusicXML's words."""
DRUM_PLACES = {
    35: ("F", 4, ""), 36: ("F", 4, ""), 37: ("C", 5, "x"), 38: ("C", 5, ""), 39: ("C", 5, "x"), 40: ("C", 5, ""),
    41: ("A", 4, ""), 43: ("A", 4, ""), 45: ("B", 4, ""), 47: ("D", 5, ""), 48: ("D", 5, ""), 50: ("E", 5, ""),
    42: ("G", 5, "x"), 44: ("D", 4, "x"), 46: ("G", 5, "circle-x"), 49: ("A", 5, "x"), 52: ("A", 5, "x"),
    55: ("A", 5, "x"), 57: ("A", 5, "x"), 51: ("F", 5, "x"), 53: ("F", 5, "diamond"), 59: ("F", 5, "x"),
    54: ("B", 4, "triangle"), 56: ("E", 5, "triangle"), 70: ("G", 4, "triangle"),
}  # fmt: skip
"""Key -> line or space of the staff and notehead, as drum books have them (N. Weinberg's guide, PAS 1998);
what is shaken or hit beside the kit has triangles."""


@dataclass(frozen=True, slots=True)
class _Page:
    """Data that all parts share."""

    bars: Sequence[Bar]
    keys: Sequence[tuple[float, Key]]
    """(quarter notes, key) rising."""
    chords: Sequence[tuple[float, Chord]]
    bpm: float
    swing: float

    def fifths(self, at_qn: float) -> int:
        """The signature in force."""
        index = bisect_right([q for q, _ in self.keys], at_qn + 0.5) - 1
        return self.keys[max(0, index)][1].fifths if self.keys else 0


def to_musicxml(score: Score, title: str, parts: Sequence[Part], *, chords: bool = True) -> bytes:
    """The document.

    Args:
        score: tempo, key, chords and length.
        title: of the page.
        parts: which parts, from the top; the chords stand over the first.
        chords: whether to write them.
    """
    to_qn = score.tempo.to_qn
    named = [(round(2 * to_qn(c.onset_s)) / 2, c) for c in score.chords] if chords else []
    keys = [(to_qn(k.onset_s) if i else 0.0, k) for i, k in enumerate(score.keys)]
    page = _Page(bars_of(score.tempo, score.length_s), keys, named, score.tempo.points[-1].bpm, score.groove.swing)
    root = Element("score-partwise", version="3.1")
    SubElement(SubElement(root, "work"), "work-title").text = _text(title)
    listed = SubElement(root, "part-list")
    for number, part in enumerate(parts, 1):
        entry = SubElement(listed, "score-part", id=f"P{number}")
        SubElement(entry, "part-name").text = _text(part.name)
        instrument = SubElement(entry, "score-instrument", id=f"P{number}-I1")
        SubElement(instrument, "instrument-name").text = _text(part.name)
        midi = SubElement(entry, "midi-instrument", id=f"P{number}-I1")
        SubElement(midi, "midi-channel").text = "10" if part.is_drums else "1"
        SubElement(midi, "midi-program").text = str(part.program + 1)
    for number, part in enumerate(parts, 1):
        _part(SubElement(root, "part", id=f"P{number}"), part, score, page, first=number == 1)
    body: bytes = tostring(root, encoding="utf-8")
    return HEAD.encode() + body


def _text(name: str) -> str:
    """Characters that XML can hold."""
    return "".join(c if c.isprintable() else " " for c in name)


def _staves(part: Part) -> list[tuple[str, list[int]]]:
    """(clef, indices of the notes) of each staff."""
    pitches = [n.pitch for n in part.notes]
    everything = list(range(len(pitches)))
    if part.is_drums:
        return [("percussion", everything)]
    if pitches and min(pitches) <= SPLIT_PITCH - TWO_STAVES and max(pitches) >= SPLIT_PITCH + TWO_STAVES:
        high = [i for i in everything if pitches[i] >= SPLIT_PITCH]
        low = [i for i in everything if pitches[i] < SPLIT_PITCH]
        # A few low notes of a melody need no second staff.
        if min(len(high), len(low)) * 8 >= len(pitches):
            return [("G", high), ("F", low)]
    middle = sorted(pitches)[len(pitches) // 2] if pitches else 60
    clef = "F8" if middle < OCTAVE_CLEF_UNDER else "F" if middle < BASS_CLEF_UNDER else "G"
    return [(clef, everything)]


def _part(element: Element, part: Part, score: Score, page: _Page, *, first: bool) -> None:
    end = round((page.bars[-1].start_qn + page.bars[-1].length_qn) * QUARTER)
    triplets = page.bars[-1].unit == DEFAULT_BEAT_UNIT
    unswung = score.groove.straightened
    staves = []
    for clef, chosen in _staves(part):
        events = snapped([part.notes[i] for i in chosen], lambda s: unswung(score.tempo.to_qn(s)), triplets=triplets)
        staves.append((clef, voices(events, end, most=1 if part.is_drums else 2)))
    before: _Signs | None = None
    for number, bar in enumerate(page.bars, 1):
        measure = SubElement(element, "measure", number=str(number))
        now = _Signs(f"{bar.beats}/{bar.unit}", page.fifths(bar.start_qn))
        if now != before:
            _attributes(measure, now, before, [c for c, _ in staves], is_drums=part.is_drums)
        if number == 1 and first:
            _tempo(measure, page)
        before = now
        start = round(bar.start_qn * QUARTER)
        stop = start + round(bar.length_qn * QUARTER)
        beat = round(bar.beat_qn * QUARTER) if bar.is_compound else QUARTER
        chords = (
            [(round(q * QUARTER), c) for q, c in page.chords if start <= round(q * QUARTER) < stop] if first else []
        )
        line_number = 0
        for staff, (_, lines) in enumerate(staves, 1):
            for line in lines:
                if line_number:
                    backup = SubElement(measure, "backup")
                    SubElement(backup, "duration").text = str(stop - start)
                line_number += 1
                pieces = [w for e in line if e.end > start and e.start < stop for w in written(e, start, stop, beat)]
                beams = _beams(pieces, start, beat)
                _line(measure, pieces, beams, line_number, staff if len(staves) > 1 else 0, part, now.fifths, chords)
                chords = []


@dataclass(frozen=True, slots=True)
class _Signs:
    """Signs at the head of a bar, written where they change."""

    time: str
    fifths: int


def _attributes(measure: Element, now: _Signs, before: _Signs | None, clefs: list[str], *, is_drums: bool) -> None:
    attributes = SubElement(measure, "attributes")
    if before is None:
        SubElement(attributes, "divisions").text = str(QUARTER)
    if not is_drums and (before is None or before.fifths != now.fifths):
        SubElement(SubElement(attributes, "key"), "fifths").text = str(now.fifths)
    if before is None or before.time != now.time:
        time = SubElement(attributes, "time")
        for name, value in zip(("beats", "beat-type"), now.time.split("/"), strict=True):
            SubElement(time, name).text = value
    if before is None:
        if len(clefs) > 1:
            SubElement(attributes, "staves").text = str(len(clefs))
        for number, clef in enumerate(clefs, 1):
            sign = SubElement(attributes, "clef", {"number": str(number)} if len(clefs) > 1 else {})
            SubElement(sign, "sign").text = clef.rstrip("8")
            if clef != "percussion":
                SubElement(sign, "line").text = {"G": "2", "F": "4"}[clef[0]]
            if clef.endswith("8"):
                SubElement(sign, "clef-octave-change").text = "-1"


def _tempo(measure: Element, page: _Page) -> None:
    direction = SubElement(measure, "direction", placement="above")
    metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
    SubElement(metronome, "beat-unit").text = "quarter"
    if page.bars[-1].is_compound:
        SubElement(metronome, "beat-unit-dot")
    SubElement(metronome, "per-minute").text = f"{page.bpm / (1.5 if page.bars[-1].is_compound else 1):.4g}"
    SubElement(direction, "sound", tempo=f"{page.bpm:.4f}")
    if page.swing > 0.55:
        words = SubElement(measure, "direction", placement="above")
        SubElement(SubElement(words, "direction-type"), "words").text = "Swing"


def _line(
    measure: Element, pieces: Sequence[Written], beams: list[list[str]], voice: int, staff: int, part: Part,
    fifths: int, chords: Sequence[tuple[int, Chord]],
) -> None:  # fmt: skip
    waiting = list(chords)
    for piece, beam in zip(pieces, beams, strict=True):
        while waiting and waiting[0][0] < piece.start + piece.length:
            at, chord = waiting.pop(0)
            _harmony(measure, chord, fifths, max(0, at - piece.start))
        for index, pitch in enumerate(piece.pitches or (None,)):
            note = SubElement(measure, "note")
            if index:
                SubElement(note, "chord")
            if pitch is None:
                SubElement(note, "rest", {"measure": "yes"} if len(pieces) == 1 else {})
            else:
                _pitch(note, pitch, part, fifths)
            SubElement(note, "duration").text = str(piece.length)
            for tied, kind in ((piece.tied_from, "stop"), (piece.tied_to, "start")):
                if tied:
                    SubElement(note, "tie", type=kind)
            SubElement(note, "voice").text = str(voice)
            SubElement(note, "type").text = piece.value
            for _ in range(piece.dots):
                SubElement(note, "dot")
            if piece.triplet:
                ratio = SubElement(note, "time-modification")
                SubElement(ratio, "actual-notes").text = "3"
                SubElement(ratio, "normal-notes").text = "2"
            head = DRUM_PLACES.get(pitch or 0, ("", 0, ""))[2] if part.is_drums else ""
            if head:
                SubElement(note, "notehead").text = head
            if staff:
                SubElement(note, "staff").text = str(staff)
            if not index:
                for level, state in enumerate(beam, 1):
                    SubElement(note, "beam", number=str(level)).text = state
            if piece.tied_from or piece.tied_to:
                notations = SubElement(note, "notations")
                for tied, kind in ((piece.tied_from, "stop"), (piece.tied_to, "start")):
                    if tied:
                        SubElement(notations, "tied", type=kind)


def _pitch(note: Element, pitch: int, part: Part, fifths: int) -> None:
    if part.is_drums:
        step, octave, _ = DRUM_PLACES.get(pitch, ("E", 4, ""))
        place = SubElement(note, "unpitched")
        SubElement(place, "display-step").text = step
        SubElement(place, "display-octave").text = str(octave)
    else:
        letter, sharps, octave = spelled(pitch, fifths)
        place = SubElement(note, "pitch")
        SubElement(place, "step").text = letter
        if sharps:
            SubElement(place, "alter").text = str(sharps)
        SubElement(place, "octave").text = str(octave)


def _beams(pieces: Sequence[Written], start: int, length: int) -> list[list[str]]:
    """For each piece the states of its beams, level by level; notes of one beat hang together."""
    levels = [{"eighth": 1, "16th": 2, "32nd": 3}.get(p.value, 0) if p.pitches else 0 for p in pieces]
    groups: list[list[int]] = []
    for i, piece in enumerate(pieces):
        beat = (piece.start - start) // length
        same = groups and groups[-1][-1] == i - 1 and (pieces[i - 1].start - start) // length == beat
        if levels[i] and same:
            groups[-1].append(i)
        elif levels[i]:
            groups.append([i])
    states: list[list[str]] = [[] for _ in pieces]
    for group in groups:
        if len(group) < 2:
            continue
        for position, i in enumerate(group):
            left = levels[group[position - 1]] if position else 0
            right = levels[group[position + 1]] if position + 1 < len(group) else 0
            for level in range(1, levels[i] + 1):
                state = {(False, True): "begin", (True, True): "continue", (True, False): "end"}.get(
                    (left >= level, right >= level), "backward hook" if left else "forward hook"
                )
                states[i].append(state)
    return states


def _harmony(measure: Element, chord: Chord, fifths: int, offset: int) -> None:
    harmony = SubElement(measure, "harmony")
    if chord.root is None:
        SubElement(SubElement(harmony, "root"), "root-step", text="").text = "C"
        SubElement(harmony, "kind", text="N.C.").text = "none"
    else:
        _degree(harmony, "root", chord.root, fifths)
        SubElement(harmony, "kind").text = KINDS[chord.quality]
        if chord.bass is not None and chord.bass != chord.root:
            _degree(harmony, "bass", chord.bass, fifths)
    if offset:
        SubElement(harmony, "offset").text = str(offset)


def _degree(harmony: Element, name: str, pitch_class: int, fifths: int) -> None:
    letter, sharps, _ = spelled(60 + pitch_class, fifths)
    place = SubElement(harmony, name)
    SubElement(place, f"{name}-step").text = letter
    if sharps:
        SubElement(place, f"{name}-alter").text = str(sharps)


def melody_of(score: Score) -> Part | None:
    """The part that carries the tune.

    The voice, else what is high, sounds much of the time, and mostly alone.
    """
    pitched = [p for p in score.parts if p.notes and not p.is_drums]
    sung = [p for p in pitched if p.role == "vocals"]
    candidates = sung or [p for p in pitched if p.role != "bass"] or pitched
    return max(candidates, key=lambda p: _tunefulness(p, score.length_s)) if candidates else None


def _tunefulness(part: Part, length_s: float) -> float:
    notes = part.notes
    height = sum(n.pitch for n in notes) / len(notes) - MELODY_FLOOR
    sounding = sum(n.length_s for n in notes)
    alone = len({round(n.onset_s, 1) for n in notes}) / len(notes)
    return float(height * min(1.0, sounding / max(length_s, 0.1)) ** 0.5 * alone**2)
