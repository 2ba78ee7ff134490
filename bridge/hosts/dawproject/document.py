"""project.xml of a .dawproject.

The score as the schema of DAWproject 1.0 has it.

Order of elements counts in that schema. Cubase further needs a ``contentType`` on every track, a tempo and a time
signature in ``Transport``; Studio One needs markers in the arrangement and notes directly in their clip. Tracks are
flat: the DAWs do not agree on what a group is. Devices are left out: a plug-in without its state loads nowhere alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from bridge import __version__
from bridge.midi.marks import marks
from bridge.midi.part_events import BEND_RANGE, note_on_off_ticks
from bridge.music.notes import Bend
from bridge.music.parts import Part, Score
from bridge.music.tempo import TempoMap
from bridge.spool.result import ItemResult
from bridge.spool.untrusted_json import one_line

COLOURS = {
    "drums": "#d66b53", "bass": "#4d85bd", "vocals": "#dea544", "guitar": "#669e5c",
    "piano": "#9470b3", "other": "#60a0a0", "song": "#787882",
}  # fmt: skip
"""Per role, the colours that REAPER's tracks get too."""
SECTION_COLOUR, CHORD_COLOUR = "#3a7bd5", "#9aa0a6"
"""Of markers: chords in grey, as there are many of them."""
USUAL_BEND_RANGE = 2
"""Semitones of a full bend in an instrument that was not told another: the format has no word for it."""
GRAIN = 1_000_000
"""Steps a quarter note: half a microsecond at 120 BPM, and times that end on the same step are equal."""
RELEASE = 64 / 127
"""A key that is let go neither quickly nor slowly."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound file of the project."""

    name: str
    """Its place in the ZIP, with forward slashes: Studio One loses audio with others."""
    path: Path
    rate: int
    channels: int
    file_s: float
    """Length of the file."""
    start_s: float = 0.0
    """Where the item begins in it."""
    length_s: float = 0.0


class _Ids:
    def __init__(self) -> None:
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        return f"id{self._count}"


def metadata(title: str) -> Element:
    """metadata.xml."""
    root = Element("MetaData")
    SubElement(root, "Title").text = _text(title)
    SubElement(root, "Comment").text = "Transcribed by dawscribe."
    return root


def project(item: ItemResult, song: Sound, stems: Sequence[tuple[str, Sound]]) -> Element:
    """project.xml.

    Args:
        item: what was heard.
        song: the audio that it was heard in.
        stems: (role, sound) of what was separated; muted tracks.
    """
    ids, tempo = _Ids(), item.score.tempo
    root = Element("Project", {"version": "1.0"})
    SubElement(root, "Application", {"name": "dawscribe", "version": __version__})
    transport = SubElement(root, "Transport")
    first = tempo.points[0]
    tempo_id, metre_id = ids(), ids()
    bpm = {"min": "20", "max": "666", "unit": "bpm", "value": _number(first.bpm), "id": tempo_id, "name": "Tempo"}
    SubElement(transport, "Tempo", bpm)
    metre = {"numerator": str(first.beats_per_bar or 4), "denominator": str(first.beat_unit), "id": metre_id}
    SubElement(transport, "TimeSignature", metre)

    structure = SubElement(root, "Structure")
    master = Element("Track", {"contentType": "audio notes", "loaded": "true", "id": ids(), "name": "Master"})
    out = _channel(master, ids, "master")
    arrangement = SubElement(root, "Arrangement", {"id": ids()})
    lanes = SubElement(arrangement, "Lanes", {"timeUnit": "beats", "id": ids()})
    track = _track(structure, ids, out, _text(item.name), "audio", COLOURS["song"])
    _audio(lanes, ids, track, song, tempo)
    for part in item.score.parts:
        track = _track(structure, ids, out, _text(part.name), "notes", _colour(part.role), _comment(part))
        _notes(lanes, ids, track, part, tempo, item.score.length_s)
    for role, sound in stems:
        track = _track(structure, ids, out, _text(f"{role} stem"), "audio", _colour(role), muted=True)
        _audio(lanes, ids, track, sound, tempo)
    structure.append(master)

    _markers(arrangement, ids, item.score)
    _tempo(arrangement, ids, tempo, tempo_id, metre_id)
    SubElement(root, "Scenes")
    return root


def _track(
    parent: Element, ids: _Ids, out: str, name: str, content: str, colour: str, comment: str = "", muted: bool = False
) -> Element:
    attributes = {"contentType": content, "loaded": "true", "id": ids(), "name": name, "color": colour}
    track = SubElement(parent, "Track", attributes | ({"comment": comment} if comment else {}))
    _channel(track, ids, "regular", out, muted)
    return track


def _channel(track: Element, ids: _Ids, role: str, out: str | None = None, muted: bool = False) -> str:
    """A mixer channel below ``track``; its id."""
    attributes = {"audioChannels": "2", "role": role, "solo": "false", "id": ids()}
    channel = SubElement(track, "Channel", attributes | ({"destination": out} if out else {}))
    SubElement(channel, "Mute", {"value": "true" if muted else "false", "id": ids(), "name": "Mute"})
    pan = {"min": "0", "max": "1", "unit": "normalized", "value": "0.5", "id": ids(), "name": "Pan"}
    SubElement(channel, "Pan", pan)
    volume = {"min": "0", "max": "2", "unit": "linear", "value": "1", "id": ids(), "name": "Volume"}
    SubElement(channel, "Volume", volume)
    return attributes["id"]


def _audio(lanes: Element, ids: _Ids, track: Element, sound: Sound, tempo: TempoMap) -> None:
    """The sound as it is, not stretched: its clip lies in beats, what is in it counts in seconds."""
    lane = SubElement(lanes, "Lanes", {"track": track.attrib["id"], "id": ids()})
    clips = SubElement(lane, "Clips", {"id": ids()})
    attributes = {
        "time": "0", "duration": _number(tempo.to_qn(sound.length_s)), "contentTimeUnit": "seconds",
        "playStart": _number(sound.start_s), "playStop": _number(sound.start_s + sound.length_s),
        "name": track.attrib["name"], "color": track.attrib["color"],
    }  # fmt: skip
    clip = SubElement(clips, "Clip", attributes)
    content = {"algorithm": "raw", "channels": str(sound.channels), "sampleRate": str(sound.rate)}
    audio = SubElement(clip, "Audio", content | {"duration": _number(sound.file_s), "id": ids()})
    SubElement(audio, "File", {"path": sound.name})


def _notes(lanes: Element, ids: _Ids, track: Element, part: Part, tempo: TempoMap, length_s: float) -> None:
    lane = SubElement(lanes, "Lanes", {"track": track.attrib["id"], "id": ids()})
    clips = SubElement(lane, "Clips", {"id": ids()})
    end = _grains(tempo, length_s)
    attributes = {"time": "0", "duration": _beats(end), "contentTimeUnit": "beats", "playStart": "0"}
    clip = SubElement(clips, "Clip", attributes | {"name": track.attrib["name"], "color": track.attrib["color"]})
    notes = SubElement(clip, "Notes", {"id": ids()})
    for on, off, note in note_on_off_ticks(part.notes, lambda time_s: _grains(tempo, time_s), end):
        place = {"time": _beats(on), "duration": _beats(off - on), "channel": "0", "key": str(note.pitch)}
        SubElement(notes, "Note", place | {"vel": _number(note.velocity / 127), "rel": _number(RELEASE)})
    if part.bends:
        _bends(lane, ids, part, tempo, length_s)


def _bends(lane: Element, ids: _Ids, part: Part, tempo: TempoMap, length_s: float) -> None:
    """Pitch bend of the channel, 0..1 with 0.5 in the middle; held steps, as they were heard."""
    points = SubElement(lane, "Points", {"unit": "normalized", "id": ids()})
    SubElement(points, "Target", {"expression": "pitchBend", "channel": "0"})
    reach = bend_range(part.bends)
    rest = [] if min(part.bends).time_s <= 0 else [Bend(0.0, 0.0)]
    for bend in [*rest, *(b for b in sorted(part.bends) if b.time_s <= length_s)]:
        value = min(1.0, max(0.0, 0.5 + bend.semitones / reach / 2))
        time = _beats(_grains(tempo, bend.time_s))
        SubElement(points, "RealPoint", {"time": time, "value": _number(value), "interpolation": "hold"})


def bend_range(bends: Sequence[Bend]) -> int:
    """Semitones of a full bend.

    The usual range of an instrument where all bends fit into it.
    """
    fits = all(abs(b.semitones) <= USUAL_BEND_RANGE for b in bends)
    return USUAL_BEND_RANGE if fits else BEND_RANGE


def _tempo(arrangement: Element, ids: _Ids, tempo: TempoMap, tempo_id: str, metre_id: str) -> None:
    """A held step per change of tempo: ramps are known to work in no DAW but the writer's own."""
    changes = SubElement(arrangement, "TempoAutomation", {"unit": "bpm", "id": ids()})
    SubElement(changes, "Target", {"parameter": tempo_id})
    metres = Element("TimeSignatureAutomation", {"id": ids()})
    SubElement(metres, "Target", {"parameter": metre_id})
    for point in tempo.points:
        time = _beats(_grains(tempo, point.time_s))
        SubElement(changes, "RealPoint", {"time": time, "value": _number(point.bpm), "interpolation": "hold"})
        if point.beats_per_bar:
            metre = {"numerator": str(point.beats_per_bar), "denominator": str(point.beat_unit)}
            SubElement(metres, "TimeSignaturePoint", {"time": time, **metre})
    arrangement.append(metres)


def _markers(arrangement: Element, ids: _Ids, score: Score) -> None:
    """Sections and chords as markers: the format has no chord track, and inside lanes Studio One overlooks them."""
    named = marks(score)
    if not named:
        return
    markers = SubElement(arrangement, "Markers", {"id": ids()})
    for mark in named:
        colour = SECTION_COLOUR if mark.is_section else CHORD_COLOUR
        place = {"time": _beats(_grains(score.tempo, mark.time_s)), "name": _text(mark.name), "color": colour}
        SubElement(markers, "Marker", place)


def _comment(part: Part) -> str:
    """Note down all that the format has no field for: the sound, the drums' keys, the range of the bends."""
    return _text("; ".join(_remarks(part)))


def _remarks(part: Part) -> Iterator[str]:
    if part.is_drums:
        keys = sorted({n.pitch for n in part.notes})
        yield "Drums: " + ", ".join(f"{key} {part.pieces.get(key, 'drum')}" for key in keys)
    else:
        yield f"General MIDI program {part.program + 1}"
    if part.bends:
        yield f"set the instrument's pitch bend range to {bend_range(part.bends)} semitones"


def _colour(role: str) -> str:
    return COLOURS.get(role, COLOURS["other"])


def _grains(tempo: TempoMap, time_s: float) -> int:
    return round(tempo.to_qn(time_s) * GRAIN)


def _beats(grains: int) -> str:
    return _number(grains / GRAIN)


def _number(value: float) -> str:
    """Plain decimals, never an exponent."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _text(name: str) -> str:
    """One line that XML and UTF-8 can hold."""
    return one_line(name).encode("utf-8", "replace").decode("utf-8") or "item"
