"""The signatures of ReaScript's functions: names, argument types, return types.

The table beside this file, ``signatures.txt``, is made from REAPER's own function list by
``python -m tests.reaper_sim.signatures reascript_api.json``. One line holds group|name|arguments|returns;
``?`` marks what may be left out.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("signatures.txt")

RETURNS = {"my_getViewport": "integer integer integer integer"}
"""What functions return whose list entry names only the C side's in-and-out parameters."""

LENIENT = {"LocalizeString": 1, "GetSet_ArrangeView2": 2, "genGuid": 1, "SetCursorContext": 1}
"""Functions whose last arguments scripts leave out although the list does not say so: how many."""

POINTERS = frozenset(
    f"Get{what}Info_Value" for what in ("MediaTrack", "MediaItem", "MediaItemTake", "TrackSend", "Envelope")
)
"""Functions that return a number, except for the attributes that begin with P_."""

HANDLES = frozenset(
    [
        "MediaTrack",
        "MediaItem",
        "MediaItem_Take",
        "PCM_source",
        "TrackEnvelope",
        "ReaProject",
        "AudioAccessor",
        "ProjectMarker",
        "BR_Envelope",
        "WDL_FastString",
        "RprMidiTake",
        "RprMidiNote",
        "HWND",
        "KbdSectionInfo",
        "FxChain",
        "userdata",
    ]
)
"""Types that Lua sees as userdata."""


@dataclass(frozen=True)
class Signature:
    """How one function is called."""

    group: str
    name: str
    args: tuple[str, ...]
    returns: tuple[str, ...]

    @property
    def handle_returns(self) -> tuple[int, ...]:
        """Positions, counted from 1, at which the function returns a handle."""
        if self.name in POINTERS:
            return (1,)
        return tuple(i for i, kind in enumerate(self.returns, 1) if kind.rstrip("?") in HANDLES)


@cache
def load() -> dict[str, Signature]:
    """All signatures by name."""
    found = {}
    for line in TABLE.read_text().splitlines():
        group, name, args, returns = line.split("|")
        kinds = args.split()
        returns = RETURNS.get(name, returns)
        for place in range(len(kinds) - LENIENT.get(name, 0), len(kinds)):
            kinds[place] = kinds[place].rstrip("?") + "?"
        found[name] = Signature(group, name, tuple(kinds), tuple(returns.split()))
    return found


def _kind(value: dict[str, object]) -> str:
    kind = str(value["type"])
    kind = "integer" if kind.startswith("integerr.") else kind
    return kind + ("?" if value.get("optional") else "")


def main() -> None:
    """Rewrites the table from the JSON list named on the command line."""
    functions = json.loads(Path(sys.argv[1]).read_text())["functions"]
    lines = [
        f"{f['group']}|{f['name']}|{' '.join(map(_kind, f['args']))}|{' '.join(map(_kind, f['returns']))}\n"
        for f in functions
    ]
    TABLE.write_text("".join(lines))


if __name__ == "__main__":
    main()
