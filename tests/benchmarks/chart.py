"""A bar chart of wall times, drawn with Pillow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, ROW, LEFT, MARGIN = 960, 30, 330, 24
COLOURS = {True: (38, 110, 180), False: (150, 155, 162)}
"""Ours and the others."""


def draw(path: Path, times_s: Mapping[str, Mapping[str, float]], ours: str = "dawscribe") -> None:
    """Write a PNG: per item length a group of bars, each group on its own scale.

    Args:
        path: the PNG.
        times_s: item -> route -> seconds.
        ours: routes whose name begins so are in colour.
    """
    rows = sum(len(routes) + 2 for routes in times_s.values())
    image = Image.new("RGB", (WIDTH, rows * ROW + 2 * MARGIN), "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(15)
    y = MARGIN
    for item, routes in times_s.items():
        pen.text((MARGIN, y), f"{item}: seconds, less is better", fill="black", font=font)
        y += ROW
        longest = max(routes.values())
        for route, seconds in routes.items():
            length = max(2.0, (WIDTH - LEFT - 110) * seconds / longest)
            pen.text((MARGIN, y + 5), route, fill="black", font=font)
            pen.rectangle((LEFT, y + 4, LEFT + length, y + ROW - 6), fill=COLOURS[route.startswith(ours)])
            pen.text((LEFT + length + 8, y + 5), f"{seconds:.1f}", fill="black", font=font)
            y += ROW
        y += ROW
    image.save(path)
