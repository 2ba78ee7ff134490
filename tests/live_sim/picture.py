"""Draws the simulated Set as an arrangement: what a person would see in Live after the insertion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from PIL import Image, ImageDraw, ImageFont

from tests.live_sim.clip import AudioClip, Clip
from tests.live_sim.song import Song, Track

Colour = tuple[int, int, int]

WIDTH, PANEL, RULER, ROW, HEAD = 1500, 270, 30, 84, 18
BACK, LINE, TEXT, DIM, PANEL_BACK = (110, 110, 110), (97, 97, 97), (10, 10, 10), (55, 55, 55), (140, 140, 140)
"""Greys of Live's middle theme; clips carry the colour of their track."""


def draw(song: Song, path: Path, first: float, last: float) -> None:
    """Write a PNG of the Set from one beat to another, tracks to the right as Live has them."""
    tracks = song.tracks
    image = Image.new("RGB", (WIDTH, RULER + ROW * len(tracks)), BACK)
    pen = ImageDraw.Draw(image)
    canvas = Canvas(pen, first, last)
    canvas.ruler(song, image.height)
    for number, track in enumerate(tracks):
        canvas.track(track, RULER + number * ROW)
    image.save(path)


class Canvas:
    """Beats to pixels, and the pens."""

    def __init__(self, pen: ImageDraw.ImageDraw, first: float, last: float) -> None:
        self.pen, self.first, self.last = pen, first, last
        self.font, self.small = ImageFont.load_default(15), ImageFont.load_default(12)

    def x(self, beat: float) -> float:
        """The column of a beat."""
        return (beat - self.first) / (self.last - self.first) * (WIDTH - PANEL)

    def ruler(self, song: Song, bottom: int) -> None:
        """A line a bar."""
        self.pen.rectangle((0, 0, WIDTH, RULER), PANEL_BACK)
        self.pen.text((WIDTH - PANEL + 10, 8), f"{song.tempo:.2f} BPM", TEXT, self.small)
        bar = song.signature_numerator
        for beat in range(int(self.first // bar) * bar, int(self.last) + 1, bar):
            self.pen.line((self.x(beat), 0, self.x(beat), bottom), LINE)
            self.pen.text((self.x(beat) + 4, 8), str(beat // bar + 1), DIM, self.small)

    def track(self, track: Track, top: int) -> None:
        """The clips, and the panel at the right."""
        for clip in track.arrangement_clips:
            self.clip(clip, tint(track.color), top)
        left, low = WIDTH - PANEL, top + ROW - 3
        self.pen.rectangle((left, top, WIDTH, low), PANEL_BACK)
        self.pen.rectangle((left, top, WIDTH, top + HEAD), tint(track.color))
        self.pen.text((left + 8, top + 1), track.name[:34], TEXT, self.font)
        self.pen.text((left + 8, top + 28), ", ".join(d.name for d in track.devices), DIM, self.small)

    def clip(self, clip: Clip, colour: Colour, top: int) -> None:
        """A clip with its name, and its sound or its notes."""
        left, right = self.x(clip.start_time), min(self.x(clip.end_time), WIDTH - PANEL)
        low = top + ROW - 4
        pale = (int(c * 0.55 + 115) for c in colour)
        self.pen.rectangle((left, top, right, low), (next(pale), next(pale), next(pale)))
        self.pen.rectangle((left, top, right, top + HEAD), colour)
        self.pen.text((left + 5, top + 2), clip.name[:60], TEXT, self.small)
        if isinstance(clip, AudioClip):
            self.sound(clip, top + HEAD, low)
        else:
            self.notes(clip, top + HEAD + 4, low - 4)

    def sound(self, clip: AudioClip, top: int, low: int) -> None:
        """The peaks, each at the beat where it sounds."""
        samples, rate = soundfile.read(clip.file_path, dtype="float32", always_2d=True)
        level, middle = np.abs(samples).max(axis=1), (top + low) / 2
        for column in range(int(self.x(clip.start_time)), int(min(self.x(clip.end_time), WIDTH - PANEL))):
            beat = self.first + column * (self.last - self.first) / (WIDTH - PANEL)
            second = clip.source_second(beat)
            if second is None:
                continue
            frame = int(second * rate)
            peak = float(level[max(0, frame) : frame + rate // 40].max(initial=0.0)) * (low - top) / 2
            self.pen.line((column, middle - peak, column, middle + peak), TEXT)

    def notes(self, clip: Clip, top: int, low: int) -> None:
        """The notes, between the lowest and the highest."""
        notes = clip.get_notes_extended(0, 128, 0.0, 1e6)
        pitches = [n.pitch for n in notes] or [60]
        span = max(6, max(pitches) - min(pitches))
        for note in notes:
            y = low - 3 - (note.pitch - min(pitches)) / span * (low - top - 3)
            left = self.x(clip.start_time + note.start_time)
            right = self.x(clip.start_time + note.start_time + note.duration)
            if right < WIDTH - PANEL:
                self.pen.rectangle((left, y, max(left + 1, right - 1), y + 2), TEXT)


def tint(colour: int) -> Colour:
    """Red, green and blue of Live's number."""
    return (colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF)
