"""Write the table of options for the dialogs of the DAW scripts: ``python -m tests.option_table``.

It is :data:`bridge.spool.options.OPTION_SPECS` with the words that there are to choose from, as a Lua module that
REAPER's and Ardour's scripts share.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bridge.music.notes import STEM_ROLES
from bridge.plugins.registry import SEPARATORS, TRANSCRIBERS
from bridge.score.drum_map import KEYS
from bridge.score.quantise import parse_grid
from bridge.spool import options
from bridge.spool.options import GRID_SOURCES, OPTION_SPECS, QUALITIES, OptionSpec

TABLE = Path(__file__).parents[1] / "daw_scripts" / "lib" / "option_table.lua"
GRIDS = ("1/4", "1/8", "1/8T", "1/16", "1/16T", "1/16G", "1/32")
"""Those that a dialog offers, of the many that can be written."""
KINDS: dict[object, str] = {
    options.on_or_off: "flag", options.share: "share", options.number: "number", options.whole_number: "number",
    options.roles: "words", options.transcribers: "words_by_role",
}  # fmt: skip
"""Parser -> kind in the scripts; every other is a word."""
HEAD = """-- The options of a request and the words to choose from, written from bridge/spool/options.py by
-- python -m tests.option_table; not to be edited here.

"""


def _kind(spec: OptionSpec) -> str:
    return KINDS.get(spec.parse, "word")


def _words(words: Sequence[str]) -> str:
    return "{ " + ", ".join(f"'{word}'" for word in words) + " }"


def lua() -> str:
    """Return the module's text."""
    kinds = "\n".join(f"    {spec.name} = '{_kind(spec)}'," for spec in OPTION_SPECS)
    for grid in GRIDS:
        parse_grid(grid)
    lists = {
        "ROLES": STEM_ROLES, "QUALITIES": QUALITIES, "GRID_SOURCES": GRID_SOURCES, "GRIDS": GRIDS,
        "SEPARATORS": tuple(SEPARATORS.built_in), "TRANSCRIBERS": tuple(TRANSCRIBERS.built_in),
        "DRUM_MAPS": tuple(KEYS),
    }  # fmt: skip
    rows = "\n".join(f"  {name} = {_words(words)}," for name, words in lists.items())
    return f"{HEAD}return {{\n  KINDS = {{\n{kinds}\n  }},\n{rows}\n}}\n"


if __name__ == "__main__":
    TABLE.write_text(lua(), encoding="utf-8")
