"""The README's tables as the code has them.

python -m tests.readme_tables      writes them into README.md between its markers
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bridge import config
from bridge.cli.entry import COMMANDS
from bridge.models.catalogue import models
from bridge.plugins import registry as plugins

README = Path(__file__).parents[1] / "README.md"
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
}
"""Package of the core -> its licence, as its own metadata states it."""
ENGINE_LICENCES = {"htdemucs": "MIT; weights personal and research use", "demucs": "MIT; weights likewise",
                   "basic_pitch": "Apache-2.0", "melody": "MIT (SwiftF0: MIT)"}  # fmt: skip
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
    table = config.load(Path("/nonexistent")).table("transcription")
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
    text = (README.parent / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index("dependencies = [") : text.index("]\n\n[project.optional")]
    for name in re.findall(r'"([a-z-]+)[><=]', block):
        yield f"| {name} | {LICENCES[name]} |"


TABLES = {"commands": commands, "engines": engines, "routing": routing, "models": model_rows, "packages": packages}


def filled(text: str) -> str:
    """``text`` with every marker followed by its table, and what stood there before taken out."""
    for name, rows in TABLES.items():
        head, marker, rest = text.partition(f"<!-- {name} -->\n")
        text = head + marker + "".join(f"{row}\n" for row in rows()) + re.sub(r"\A(?:\|.*\n)*", "", rest)
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
