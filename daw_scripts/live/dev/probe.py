"""Installs the probe into Live's user library, for a person with Live: python daw_scripts/live/dev/probe.py [LIBRARY].

Then restart Live with an empty Set and choose "dawscribe_probe" as a control surface (Settings > Link, Tempo & MIDI).
What it finds goes to dawscribe_probe.txt in your home folder. With --remove it takes the probe out again.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

NAME = "dawscribe_probe"
USUAL = ("Music/Ableton/User Library", "Documents/Ableton/User Library")


def main(words: list[str]) -> str:
    """Install or remove; the line that says what was done."""
    named = [Path(w) for w in words if not w.startswith("--")]
    libraries = named or [Path.home() / place for place in USUAL]
    library = next((folder for folder in libraries if folder.is_dir()), None)
    if library is None:
        return "Live's User Library was not found; name it: python probe.py 'PATH OF THE LIBRARY'"
    target = library / "Remote Scripts" / NAME
    shutil.rmtree(target, ignore_errors=True)
    if "--remove" in words:
        return f"{target}: removed."
    shutil.copytree(Path(__file__).with_name(NAME), target)
    return f"{target}: installed. Restart Live with an empty Set and choose {NAME} as a control surface."


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]) + "\n")
