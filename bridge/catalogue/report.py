"""Draw the report page of a catalogue.

Totals, distributions, the songs most likely wrong, all songs.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from bridge.catalogue.table import DONE, Row
from bridge.errors import writing
from bridge.files import write_output

PAGE = Path(__file__).with_name("page")
ASSETS = ("report.css", "report.js")
MAX_DOUBTFUL = 50
"""Songs listed as most likely wrong: what a person looks through in one sitting."""
LOW_CONFIDENCE = 0.6
"""Mean confidence of a song's notes under which it is called doubtful."""
OF_ITS_KIND = re.compile(r"( \((left|right)\))?( \d+)?\??$")
"""The end of a part's name that tells it from others of its instrument, and the mark of doubt."""
UNCERTAIN_BEAT = "beat not certain"
LOW, EMPTY = "low confidence", "no notes"


def write_report(rows: Iterable[Row], catalogue: Path) -> Path:
    """Write ``report/index.html`` and return its path.

    Raises:
        StoreError: the folder cannot be written.
    """
    rows = list(rows)
    folder = catalogue / "report"
    with writing(folder, "report-unwritable"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ASSETS:
            shutil.copyfile(PAGE / name, folder / name)
        write_output(folder / "index.html", page(rows).encode("utf-8", "surrogateescape"))
    return folder / "index.html"


def page(rows: Sequence[Row]) -> str:
    """Return the page.

    Every text of a song is escaped, and its data are data and no code.
    """
    template = (PAGE / "report.html").read_text(encoding="utf-8")
    filled = {
        "totals": _totals(rows),
        "charts": "".join(_chart(title, bars) for title, bars in _distributions(rows)),
        "data": _as_data([_song(row) for row in rows]),
    }
    for name, text in filled.items():
        template = template.replace(f"<!-- {name} -->", text, 1)
    return template


def doubts(row: Row) -> list[str]:
    """Return why a song is likely wrong.

    Empty where nothing speaks for it.
    """
    if row.state != DONE:
        return []
    if not row.notes:
        return [EMPTY]
    found = [] if row.bpm is not None else [UNCERTAIN_BEAT]
    if row.confidence and row.confidence < LOW_CONFIDENCE:
        found.append(LOW)
    return found + [f"{name} is empty" for name, count in row.parts.items() if not count]


def _song(row: Row) -> dict[str, Any]:
    minutes = row.length_s / 60
    return {
        "path": row.path,
        "state": row.state,
        "folder": row.folder,
        "length_s": round(row.length_s, 1),
        "bpm": row.bpm,
        "key": row.key,
        "parts": row.parts,
        "notes": row.notes,
        "per_minute": round(row.notes / minutes) if minutes else 0,
        "confidence": round(row.confidence, 2),
        "doubts": doubts(row),
        "warnings": row.warnings,
        "error": row.error,
    }


def _as_data(value: object) -> str:
    """Return JSON that no text in it can end the script element of."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _totals(rows: Sequence[Row]) -> str:
    done = [r for r in rows if r.state == DONE]
    hours = sum(r.length_s for r in done) / 3600
    busy = sum(r.seconds for r in done) / 3600
    figures = {
        "songs": str(len(rows)),
        "done": str(len(done)),
        "failed": str(len(rows) - len(done)),
        "hours of audio": f"{hours:.1f}",
        "hours of work": f"{busy:.1f}",
        "notes": f"{sum(r.notes for r in done):,}",
        "likely wrong": str(sum(bool(doubts(r)) for r in done)),
    }
    return "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in figures.items())


def _distributions(rows: Sequence[Row]) -> list[tuple[str, list[tuple[str, int]]]]:
    done = [r for r in rows if r.state == DONE]
    tempo = Counter(10 * int(r.bpm // 10) for r in done if r.bpm)
    keys = Counter(r.key for r in done if r.key)
    parts = Counter(name for r in done for name in {instrument_of(n) for n, count in r.parts.items() if count})
    density = Counter(2 ** int(math.log2(60 * r.notes / r.length_s)) for r in done if r.length_s and r.notes)
    return [
        ("Tempo (BPM)", [(f"{t} to {t + 10}", tempo[t]) for t in sorted(tempo)]),
        ("Key", keys.most_common(24)),
        ("Instruments (songs)", parts.most_common(20)),
        ("Notes a minute", [(f"{d} to {2 * d}", density[d]) for d in sorted(density)]),
    ]


def instrument_of(part: str) -> str:
    """Return the instrument of a part's name: "Guitar" of "Guitar (left) 2?"."""
    return OF_ITS_KIND.sub("", part) or part


def _chart(title: str, bars: Sequence[tuple[str, int]]) -> str:
    largest = max((count for _, count in bars), default=1)
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        f'<td><meter min="0" max="{largest}" value="{count}"></meter> {count}</td></tr>'
        for name, count in bars
    )
    empty = "" if bars else "<tr><td>nothing yet</td></tr>"
    return f"<table class='chart'><caption>{escape(title)}</caption>{lines}{empty}</table>"
