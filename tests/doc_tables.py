"""Fill the tables of README and documentation with what the code says.

python -m tests.doc_tables      writes them into the pages, after their markers
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bridge import config
from bridge.cli.entry import COMMANDS
from bridge.models.catalogue import models
from bridge.plugins import registry as plugins
from tests.sources import ROOT as PACKAGE
from tests.test_layers import LAYERS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
LICENCES = {
    "numpy": "BSD-3-Clause",
    "openvino": "Apache-2.0",
    "soundfile": "BSD-3-Clause (libsndfile: LGPL-2.1)",
    "soxr": "LGPL-2.1",
    "mido": "MIT",
    "python-osc": "Unlicense",
    "python-rtmidi": "MIT",
    "pillow": "MIT-CMU",
    "tomli": "MIT",
    "starlette": "BSD-3-Clause",
    "uvicorn": "BSD-3-Clause",
    "websockets": "BSD-3-Clause",
    "psutil": "BSD-3-Clause",
    "av": "BSD-3-Clause (its wheels carry FFmpeg: LGPL-3.0 or later, and x264 and x265: GPL-2.0 or later)",
}
"""Package of the core -> its licence, as its own metadata states it."""
ENGINE_LICENCES = {"htdemucs": "MIT; weights only for scientific purposes", "demucs": "MIT; weights likewise",
                   "spleeter": "MIT (Deezer's code and weights: MIT)",
                   "basic_pitch": "Apache-2.0", "melody": "MIT (SwiftF0: MIT)",
                   "muscriptor": "MIT; gated weights CC BY-NC 4.0"}  # fmt: skip
"""Plugin -> licence where it is not all ours."""


def commands() -> Iterator[str]:
    yield "| command | |"
    yield "|---|---|"
    for name, line in COMMANDS.items():
        yield f"| `dawscribe {name}` | {line} |"


def engines() -> Iterator[str]:
    yield "| kind | name | what it is | licence |"
    yield "|---|---|---|---|"
    for kind in ("separators", "transcribers", "hosts", "triggers"):
        for name in plugins.BUILT_IN[kind]:
            text = (plugins.load(kind, name).__doc__ or "").strip().splitlines()[0].rstrip(".")
            yield f"| {kind[:-1]} | `{name}` | {text} | {ENGINE_LICENCES.get(name, 'MIT (ours)')} |"


def routing() -> Iterator[str]:
    table = config.load(Path("/nonexistent")).table("hearing.best")
    yield "| part | engine |"
    yield "|---|---|"
    for role, name in table.items():
        yield f"| {role} | `{name}` |"


def model_rows() -> Iterator[str]:
    yield "| model | for | size | licence |"
    yield "|---|---|---|---|"
    for model in models().values():
        yield f"| `{model.name}` | {model.purpose} | {model.size / 1e6:.1f} MB | {model.licence} |"


def packages() -> Iterator[str]:
    yield "| package | licence |"
    yield "|---|---|"
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index("dependencies = [") : text.index("]\n\n[project.optional")]
    for name in re.findall(r'"([a-z-]+)[><=]', block):
        yield f"| {name} | {LICENCES[name]} |"


def floors() -> Iterator[str]:
    yield "| floor | packages |"
    yield "|---|---|"
    rows = [row for row in LAYERS if row not in (("__main__",), ("__init__",))]
    for number, row in zip(range(len(rows), 0, -1), rows, strict=True):
        there = [name for name in row if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()]
        yield f"| {number} | {', '.join(f'`{name}`' for name in there)} |"


TABLES = {
    "commands": commands,
    "engines": engines,
    "routing": routing,
    "models": model_rows,
    "packages": packages,
    "floors": floors,
}


def filled(text: str) -> str:
    """``text`` with every marker followed by its table, and what stood there before taken out."""
    for name, rows in TABLES.items():
        head, marker, rest = text.partition(f"<!-- {name} -->\n")
        if marker:
            # The blank line is what Markdown wants between a comment and a table.
            text = head + marker + "\n" + "".join(f"{row}\n" for row in rows()) + re.sub(r"\A\n?(?:\|.*\n)*", "", rest)
    return text


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
