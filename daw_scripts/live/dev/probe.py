"""Installs the probes for a person with Live: python daw_scripts/live/dev/probe.py [LIBRARY].

Then restart Live with an empty Set and choose "dawscribe_probe" as a control surface (Settings > Link, Tempo & MIDI).
What it finds goes to dawscribe_probe.txt in your home folder. In a Live Suite with extensions drop dawscribe_probe.ablx
from your home folder on Settings > Extensions, too. With --remove both are taken out again.
"""

from __future__ import annotations

import shutil
import sys
import zipfile
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
    package = Path.home() / f"{NAME}.ablx"
    package.unlink(missing_ok=True)
    if "--remove" in words:
        return f"{target}: removed."
    shutil.copytree(Path(__file__).with_name(NAME), target)
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as box:
        for file in sorted(Path(__file__).with_name("probe_extension").iterdir()):
            box.write(file, file.name)
    return (
        f"{target}: installed. Restart Live with an empty Set and choose {NAME} as a control surface.\n"
        f"Live Suite with extensions: drop {package} on Settings > Extensions, then right-click an audio clip."
    )


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]) + "\n")
