"""A picture of a score.

One lane per part, pitched parts as a piano roll, drums as one row per instrument.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bridge.files import write_output
from bridge.music.notes import Note
from bridge.music.parts import Part, Score
from bridge.music.tempo import TempoMap
from bridge.score.notation.bars import bars_of, beats_of

LEFT, RIGHT, TOP, GAP = 150, 20, 46, 26
"""Margins in pixels: names stand at the left, the title above, a part's name above its lane."""
CHORDS_TOP, LETTER_PX = 24, 7
"""Pixels from the top to the line of chords, and the width of a letter in it."""
ROW, KEY = 14, 5
"""Heights in pixels of a drum row and of a semitone."""
PIXELS_PER_S = 48.0
"""A sixteenth at 120 BPM is six pixels: still seen by itself."""
MIN_WIDTH, MAX_WIDTH = 900, 12_000
"""Widths in pixels; above it a viewer gets into trouble, so long items are drawn closer together."""
MIN_KEYS = 16
"""A lane shows at least this many semitones, so that a drone is not a bar across the picture."""
PAPER, INK, GREY, BAR, BEAT = (255, 255, 255), (34, 34, 40), (120, 120, 130), (170, 170, 182), (226, 226, 232)
BLACK_KEY_ROW, LANE = (243, 243, 246), (251, 251, 252)
BLACK_KEYS = frozenset({1, 3, 6, 8, 10})
COLOURS = ((38, 110, 184), (196, 78, 36), (32, 138, 84), (132, 68, 168), (176, 132, 18), (20, 136, 148))
"""One per part in turn; dark enough on white, told apart by the colour-blind by their lanes."""
MIN_OPACITY = 0.3
"""Share of the colour that the softest note keeps."""
MIN_BEAT_PX = 6
"""Beat lines nearer to each other than this are left out; bar lines always stay, down to the same distance."""
MAX_TEXT = 90
"""Characters of a title: what fits the narrowest picture."""


@dataclass(frozen=True, slots=True)
class _Lane:
    part: Part
    keys: tuple[int, ...]
    """Keys from top to bottom."""
    row: int
    """Pixels per key."""
    top: int
    colour: tuple[int, int, int]

    @property
    def bottom(self) -> int:
        return self.top + self.row * len(self.keys)

    def y(self, pitch: float) -> float:
        """Upper edge of a key's row, also between keys."""
        if self.part.is_drums:
            return self.top + self.keys.index(int(pitch)) * self.row
        return self.top + (self.keys[0] - pitch) * self.row


def write_piano_roll(score: Score, title: str, path: Path) -> None:
    """Draw ``score`` to a PNG at ``path``, whole or not at all.

    Raises:
        StoreError: the disk is full or the folder cannot be written.
    """
    data = io.BytesIO()
    draw_piano_roll(score, title).save(data, "PNG", optimize=True)
    write_output(path, data.getvalue())


def draw_piano_roll(score: Score, title: str) -> Image.Image:
    """The picture: velocity is the depth of colour, bends are drawn as lines through the notes they bend."""
    lanes = _lanes(score)
    length_s = max(score.length_s, 0.1)
    width = round(min(MAX_WIDTH, max(MIN_WIDTH, length_s * PIXELS_PER_S + LEFT + RIGHT)))
    per_s = (width - LEFT - RIGHT) / length_s
    image = Image.new("RGB", (width, (lanes[-1].bottom if lanes else TOP + 60) + GAP), PAPER)
    draw = ImageDraw.Draw(image)

    def x(time_s: float) -> float:
        return LEFT + time_s * per_s

    _text(draw, (LEFT, 8), "   ".join([title, _tempo_text(score.tempo), *filter(None, [score.key])]), INK, 14)
    _chords(draw, score, x)
    if not lanes:
        _text(draw, (LEFT, TOP + 12), "No notes.", GREY, 13)
    for lane in lanes:
        _background(draw, lane, x(0), x(length_s))
    _bar_lines(draw, score.tempo, length_s, lanes, x)
    for lane in lanes:
        _notes(draw, lane, x)
        _bends(draw, lane, x)
    return image


def _lanes(score: Score) -> list[_Lane]:
    lanes: list[_Lane] = []
    top = TOP + 14
    for number, part in enumerate(p for p in score.parts if p.notes):
        pitches = {n.pitch for n in part.notes}
        if part.is_drums:
            keys = tuple(sorted(pitches, reverse=True))
        else:
            low, high = min(pitches) - 2, max(pitches) + 2
            high = max(high, low + MIN_KEYS)
            keys = tuple(range(high, low - 1, -1))
        lanes.append(_Lane(part, keys, ROW if part.is_drums else KEY, top, COLOURS[number % len(COLOURS)]))
        top = lanes[-1].bottom + GAP
    return lanes


def _background(draw: ImageDraw.ImageDraw, lane: _Lane, left: float, right: float) -> None:
    draw.rectangle((left, lane.top, right, lane.bottom), fill=LANE)
    _text(draw, (8, lane.top - 2), lane.part.name, lane.colour, 14)
    for number, key in enumerate(lane.keys):
        y = lane.top + number * lane.row
        if lane.part.is_drums:
            if number % 2:
                draw.rectangle((left, y, right, y + lane.row - 1), fill=BLACK_KEY_ROW)
            _text(draw, (LEFT - 6, y), lane.part.pieces.get(key, f"key {key}").capitalize(), GREY, 10, right=True)
        else:
            if key % 12 in BLACK_KEYS:
                draw.rectangle((left, y, right, y + lane.row - 1), fill=BLACK_KEY_ROW)
            if key % 12 == 0:
                _text(draw, (LEFT - 6, y - 4), f"C{key // 12 - 1}", GREY, 10, right=True)


def _bar_lines(
    draw: ImageDraw.ImageDraw, tempo: TempoMap, length_s: float, lanes: list[_Lane], x: Callable[[float], float]
) -> None:
    """Beats and bars as the tempo map counts them, bars with their numbers."""
    bar, last_bar_x, last_beat_x, number_end = 0, -1e9, -1e9, -1e9
    beats, marks = beats_of(bars_of(tempo, length_s))
    firsts = set(marks)
    for number, beat in enumerate(beats):
        time_s = tempo.to_s(beat)
        if time_s >= length_s:
            break
        place = x(time_s)
        if number in firsts:
            bar += 1
            if place - last_bar_x >= MIN_BEAT_PX:
                _verticals(draw, lanes, place, BAR)
                last_bar_x = last_beat_x = place
                if lanes and place >= number_end:
                    _text(draw, (place + 2, TOP - 8), str(bar), GREY, 10)
                    number_end = place + 30
        elif place - last_beat_x >= MIN_BEAT_PX:
            _verticals(draw, lanes, place, BEAT)
            last_beat_x = place


def _chords(draw: ImageDraw.ImageDraw, score: Score, x: Callable[[float], float]) -> None:
    """Write the chords over the lanes, those for which there is room."""
    free = -1e9
    for chord in score.chords:
        if chord.root is not None and x(chord.onset_s) >= free:
            _text(draw, (x(chord.onset_s) + 2, CHORDS_TOP), chord.symbol, INK, 11)
            free = x(chord.onset_s) + LETTER_PX * (len(chord.symbol) + 1)


def _verticals(draw: ImageDraw.ImageDraw, lanes: list[_Lane], place: float, colour: tuple[int, int, int]) -> None:
    for lane in lanes:
        draw.line((place, lane.top, place, lane.bottom), fill=colour)


def _notes(draw: ImageDraw.ImageDraw, lane: _Lane, x: Callable[[float], float]) -> None:
    for note in lane.part.notes:
        left, top = x(note.onset_s), lane.y(note.pitch)
        # A stroke has a time, not a length: drums are drawn a few pixels wide.
        right = left + 4 if lane.part.is_drums else max(left + 2, x(note.offset_s) - 1)
        inset = 2 if lane.part.is_drums else 0
        box = (left, top + inset, right, top + lane.row - 1 - inset)
        draw.rectangle(box, fill=_shade(lane.colour, note), outline=lane.colour)


def _bends(draw: ImageDraw.ImageDraw, lane: _Lane, x: Callable[[float], float]) -> None:
    """The sounding pitch of each note that is bent, as a line over it."""
    bends = sorted(lane.part.bends)
    first = 0
    for note in lane.part.notes:
        while first + 1 < len(bends) and bends[first + 1].time_s <= note.onset_s:
            first += 1
        line: list[tuple[float, float]] = []
        for bend in bends[first:]:
            if bend.time_s >= note.offset_s:
                break
            height = lane.y(note.pitch + bend.semitones) + lane.row / 2
            if line:
                line.append((x(bend.time_s), line[-1][1]))
            line.append((x(max(bend.time_s, note.onset_s)), min(max(height, lane.top), lane.bottom)))
        if any(y != lane.y(note.pitch) + lane.row / 2 for _, y in line):
            draw.line([*line, (x(note.offset_s), line[-1][1])], fill=INK, width=1)


def _shade(colour: tuple[int, int, int], note: Note) -> tuple[int, int, int]:
    """The part's colour, nearer to white the softer the note."""
    depth = MIN_OPACITY + (1 - MIN_OPACITY) * note.velocity / 127
    red, green, blue = (round(255 - (255 - c) * depth) for c in colour)
    return red, green, blue


def _tempo_text(tempo: TempoMap) -> str:
    if not tempo.confident:
        return "beat not certain"
    bpm = sorted(p.bpm for p in tempo.points)
    middle = tempo.points[-1].bpm if len(bpm) < 4 else bpm[len(bpm) // 2]
    return f"{middle:.4g} BPM" if len(bpm) < 4 else f"about {middle:.3g} BPM"


def _text(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    colour: tuple[int, int, int],
    size: int,
    *,
    right: bool = False,
) -> None:
    font = ImageFont.load_default(size)
    # Pillow's own font, which is on every machine, has no letter beyond ASCII.
    letters = unicodedata.normalize("NFKD", text.replace("\u2013", "-").replace("\u2019", "'"))
    plain = "".join(c if " " <= c <= "~" else "?" for c in letters if not unicodedata.combining(c))
    draw.text(place, plain[:MAX_TEXT], fill=colour, font=font, anchor="ra" if right else "la")
