"""Draws a script's gfx window and a ReaImGui dialog as a person would see them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tests.reaper_sim.engine import Reaper, Script

TITLE, SCALE = 26, 2
FRAME, TITLE_TEXT, TEXT, DIM = (70, 72, 76), (215, 216, 218), (226, 227, 229), (120, 123, 128)
FIELD, MARK = (52, 60, 74), (86, 156, 214)
ROW, MARGIN, WIDTH = 27, 12, 460


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * SCALE)


def _canvas(
    width: float, height: float, title: str, back: tuple[int, int, int]
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (round(width * SCALE), round((height + TITLE) * SCALE)), back)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, image.width, TITLE * SCALE), FRAME)
    pen.text((10 * SCALE, 6 * SCALE), title, TITLE_TEXT, _font(12))
    return image, pen


def draw_window(script: Script, path: Path) -> None:
    """Write a PNG of the last picture in a script's window."""
    width, height = script.place[:2]
    image, pen = _canvas(width, height, script.window or "", (43, 46, 51))
    for left, top, wide, high, *shade in script.shapes:
        colour = tuple(round(255 * c) for c in shade)
        box = [v * SCALE for v in (left, top + TITLE, left + wide, top + high + TITLE)]
        pen.rectangle(box, colour)
    for text, x, y in script.frame:
        pen.text((x * SCALE, (y + TITLE) * SCALE), text, TEXT, _font(13))
    image.save(path)


def draw_dialog(reaper: Reaper, path: Path) -> None:
    """Write a PNG of the ReaImGui window that is open."""
    rows: list[list[tuple[str, str, str]]] = []
    beside = False
    for kind, label, value in reaper.dialog[1:]:
        if kind == "same line":
            beside = True
            continue
        if beside:
            rows[-1].append((kind, label, value))
        else:
            rows.append([(kind, label, value)])
        beside = False
    image, pen = _canvas(WIDTH, len(rows) * ROW + 2 * MARGIN, reaper.dialog[0][1], (38, 40, 44))
    for number, row in enumerate(rows):
        top = TITLE + MARGIN + number * ROW
        for place, widget in enumerate(row):
            _draw_widget(pen, widget, MARGIN + place * (WIDTH - 2 * MARGIN) / max(3, len(row)), top)
    image.save(path)


def _draw_widget(pen: ImageDraw.ImageDraw, widget: tuple[str, str, str], x: float, y: float) -> None:
    kind, label, value = widget

    def box(left: float, width: float, colour: tuple[int, int, int]) -> None:
        pen.rectangle([v * SCALE for v in (left, y + 2, left + width, y + 20)], colour)

    def text(left: float, words: str, colour: tuple[int, int, int] = TEXT) -> None:
        pen.text((left * SCALE, (y + 4) * SCALE), words, colour, _font(12))

    if kind == "box":
        box(x, 18, FIELD)
        if value:
            pen.rectangle([v * SCALE for v in (x + 4, y + 6, x + 14, y + 16)], MARK)
        text(x + 26, label)
    elif kind == "button":
        box(x, 110, (66, 92, 130))
        text(x + 14, label)
    elif kind in ("list", "slider", "entry"):
        box(x, 200, FIELD)
        if kind == "slider":
            box(x + 190 * float(value), 10, MARK)
        text(x + 8, value)
        text(x + 210, label)
    else:
        text(x, label, DIM)
