"""Build what a release holds: python install/release.py --tag v0.2.0 --url URL --commit HASH -o dist

dist/python gets the wheel and the source archive, dist/index.xml ReaPack's index. The tag must be the version.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = "build==1.3.0"


def version() -> str:
    """Read the one place that holds the version."""
    text = (ROOT / "bridge" / "__init__.py").read_text(encoding="utf-8")
    return re.findall(r'__version__ = "(.*)"', text)[0]


def main() -> None:
    """Check the tag, then build."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--tag", "--url", "--commit"):
        parser.add_argument(name, required=True)
    parser.add_argument("-o", dest="folder", type=Path, required=True)
    options = parser.parse_args()
    if options.tag != f"v{version()}":
        sys.exit(f"The tag {options.tag} is not the version {version()} of bridge/__init__.py.")
    if f"## {version()}\n" not in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"):
        sys.exit(f"CHANGELOG.md says nothing about {version()}.")
    options.folder.mkdir(parents=True, exist_ok=True)
    python = (sys.executable, "-m")
    subprocess.run([*python, "pip", "install", BUILD], check=True)
    subprocess.run([*python, "build", ROOT, "-o", options.folder / "python"], check=True)
    index = (ROOT / "install" / "reapack_index.py", "--url", options.url, "--commit", options.commit)
    subprocess.run([sys.executable, *index, "-o", options.folder / "index.xml"], check=True)


if __name__ == "__main__":
    main()
