"""Draws a project as an arrange window: what a person would see after opening the saved .RPP."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.reaper_sim import audio
from tests.reaper_sim.api_items import GetDisplayedMediaItemColor
from tests.reaper_sim.api_midi import MIDI_GetProjTimeFromPPQPos
from tests.reaper_sim.api_system import ColorFromNative
from tests.reaper_sim.api_tracks import depth_before
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Item, Marker, Take, Track

Colour = tuple[int, int, int]

PANEL, RULER, ROW, WIDTH = 300, 34, 92, 1500
LANE = 20
"""Height of a row of regions."""
BACK, GRID, TEXT, DIM = (44, 46, 50), (62, 65, 70), (225, 226, 228), (150, 153, 158)
PANEL_BACK, SILENT = (58, 61, 66), (110, 118, 124)


def draw(reaper: Reaper, path: Path, start: float, end: float) -> None:
    """Writes a PNG of the project between two times."""
    tracks = reaper.project.tracks
    lanes = lanes_of(reaper.project.markers)
    top = RULER + LANE * len(lanes)
    image = Image.new("RGB", (WIDTH, top + ROW * len(tracks)), BACK)
    pen = ImageDraw.Draw(image)
    canvas = Canvas(reaper, pen, start, end)
    canvas.ruler(image.height)
    for index, lane in enumerate(lanes):
        canvas.regions(lane, RULER + index * LANE)
    for index, track in enumerate(tracks):
        canvas.track(track, top + index * ROW, depth_before(tracks, index))
    image.save(path)


def lanes_of(markers: list[Marker]) -> list[list[Marker]]:
    """Regions in rows in which none covers another, long ones first, as REAPER stacks them."""
    lanes: list[list[Marker]] = []
    regions = [m for m in markers if m.end is not None]
    for region in sorted(regions, key=lambda m: (m.position, -(m.end or 0.0))):
        lane = next((row for row in lanes if (row[-1].end or 0.0) <= region.position + 1e-6), None)
        if lane is None:
            lane = []
            lanes.append(lane)
        lane.append(region)
    return lanes


class Canvas:
    """Times to pixels, and the pens."""

    def __init__(self, reaper: Reaper, pen: ImageDraw.ImageDraw, start: float, end: float) -> None:
        self.reaper, self.pen, self.start, self.end = reaper, pen, start, end
        self.font = ImageFont.load_default(15)
        self.small = ImageFont.load_default(12)

    def x(self, time: float) -> float:
        """The column of a time."""
        return PANEL + (time - self.start) / (self.end - self.start) * (WIDTH - PANEL)

    def ruler(self, bottom: int) -> None:
        """Bars as the tempo map has them."""
        self.pen.rectangle((0, 0, WIDTH, RULER), PANEL_BACK)
        for measure in range(1000):
            time = self.reaper.call("TimeMap_GetMeasureInfo", 0, measure)[0]
            if time > self.end:
                return
            if time >= self.start:
                self.pen.line((self.x(time), 0, self.x(time), bottom), GRID)
                self.pen.text((self.x(time) + 4, 9), str(measure + 1), DIM, self.small)

    def regions(self, lane: list[Marker], top: int) -> None:
        """A row of regions with their names."""
        self.pen.rectangle((0, top, WIDTH, top + LANE), PANEL_BACK)
        for region in lane:
            left, right = (max(PANEL, min(WIDTH, self.x(time))) for time in (region.position, region.end or 0.0))
            if right > left:
                self.pen.rectangle((left, top + 1, right - 1, top + LANE - 2), self.tint(region.color), BACK)
                self.pen.text((left + 4, top + 3), region.name, TEXT, self.small)

    def track(self, track: Track, top: int, depth: int) -> None:
        """The panel and the items of one track."""
        tint = self.tint(int(track.values["I_CUSTOMCOLOR"]))
        left = 22 * depth
        self.pen.rectangle((left, top, PANEL - 2, top + ROW - 3), PANEL_BACK)
        self.pen.rectangle((left, top, left + 7, top + ROW - 3), tint)
        bold = "v " if track.values["I_FOLDERDEPTH"] > 0 else ""
        self.pen.text((left + 16, top + 10), bold + track.name[:32], TEXT, self.font)
        chain = [fx.name.split(": ")[-1].replace(" (Cockos)", "") for fx in track.fx]
        shown = f"{len(chain)} x {chain[0]}" if len(chain) > 1 else "".join(chain)
        self.pen.text((left + 16, top + 34), f"FX: {shown}" if shown else "", DIM, self.small)
        if track.values["B_MUTE"]:
            self.pen.text((left + 16, top + 54), "muted", (214, 107, 83), self.small)
        self.pen.line((0, top + ROW - 2, WIDTH, top + ROW - 2), GRID)
        for item in track.items:
            self.item(item, top + 2)

    def tint(self, native: int) -> Colour:
        """A custom colour, or grey where there is none."""
        return ColorFromNative(self.reaper, native) if native & 0x1000000 else SILENT

    def item(self, item: Item, top: int) -> None:
        """A box with notes or a waveform."""
        left, right = max(PANEL, self.x(item.start)), min(WIDTH, self.x(item.start + item.length))
        take = item.active_take
        if right <= left or take is None:
            return
        tint = self.tint(GetDisplayedMediaItemColor(self.reaper, item))
        dark: Colour = (tint[0] // 3 + 18, tint[1] // 3 + 18, tint[2] // 3 + 18)
        self.pen.rectangle((left, top, right, top + ROW - 7), dark, tint)
        self.pen.rectangle((left, top, right, top + 16), tint)
        self.pen.text((left + 5, top + 1), take.name[:60], (20, 20, 22), self.small)
        box = (left, top + 19, right, top + ROW - 10)
        if take.source is not None and take.source.midi is not None:
            self.notes(take, box, tint)
        else:
            self.wave(item, take, box, tint)

    def notes(self, take: Take, box: tuple[float, float, float, float], tint: Colour) -> None:
        """Each note a bar, louder ones brighter."""
        assert take.source is not None
        assert take.source.midi is not None
        notes = take.source.midi.notes
        if not notes:
            return
        low, high = min(n.pitch for n in notes) - 1, max(n.pitch for n in notes) + 1
        height = (box[3] - box[1]) / (high - low + 1)
        for note in notes:
            x0, x1 = (self.x(MIDI_GetProjTimeFromPPQPos(self.reaper, take, p)) for p in (note.start, note.end))
            y = box[3] - (note.pitch - low + 1) * height
            light = 0.55 + 0.45 * note.velocity / 127
            colour = tuple(round(c + (255 - c) * light * 0.6) for c in tint)
            self.pen.rectangle((x0, y, max(x1 - 1, x0 + 2), y + max(2, height - 0.5)), colour)

    def wave(self, item: Item, take: Take, box: tuple[float, float, float, float], tint: Colour) -> None:
        """Peaks per column."""
        samples = audio.render(take, 8000, 1, 0.0, round(item.length * 8000))
        if samples is None or not len(samples):
            return
        columns = max(1, int(box[2] - box[0]))
        middle, half = (box[1] + box[3]) / 2, (box[3] - box[1]) / 2
        for column, part in enumerate(np.array_split(samples[:, 0], columns)):
            peak = float(np.abs(part).max()) * half if len(part) else 0.0
            x = box[0] + column
            self.pen.line((x, middle - peak, x, middle + peak), tint)
