"""Makes ReaPack's index.xml for the REAPER scripts, and checks it.

    python install/reapack_index.py --url https://example.org/dawscribe/{commit} --commit HASH [-o index.xml]
    python install/reapack_index.py --check index.xml

ReaPack fetches each file from the url and puts it below Scripts/<index name>/<category>/. The package is the
main script's header: @description, @version, @author, @about, @provides.
"""

from __future__ import annotations

import argparse
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote, urlparse

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "daw_scripts/reaper"
MAIN = "dawscribe_Transcribe selected items.lua"
NAME, CATEGORY = "dawscribe", "dawscribe"
VERSION = re.compile(r"\d+(\.\d+)*\S*")
LARGEST_SEGMENT = 65535
"""ReaPack keeps version segments in 16 bits."""


class FaultyIndexError(Exception):
    """What ReaPack would refuse, in a sentence."""


@dataclass(frozen=True)
class Provided:
    """One file of the package: where it lies here, its place in the package, whether it is an action."""

    source: Path
    target: str
    main: bool


def header(text: str) -> dict[str, str]:
    """The @tags of a script's first comment; continued lines are indented."""
    tags: dict[str, str] = {}
    current = ""
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        if match := re.match(r"-- @(\w+)\s*(.*)", line):
            current = match.group(1)
            tags[current] = match.group(2)
        elif current:
            tags[current] = f"{tags[current]}\n{line[2:].strip()}".strip()
    return tags


def provided(lines: str, folder: Path) -> Iterator[Provided]:
    """The files that @provides names, each once.

    Raises:
        FaultyIndexError: a line names nothing.
    """
    for line in filter(None, map(str.strip, lines.splitlines())):
        match = re.fullmatch(r"\[(main|nomain)\]\s+(\S+)(?:\s+>\s+(\S+))?", line)
        if match is None:
            raise FaultyIndexError(f"@provides cannot be read: {line}")
        kind, pattern, target = match.groups()
        found = sorted((folder / pattern).parent.glob(Path(pattern).name))
        if not found:
            raise FaultyIndexError(f"@provides names no file: {pattern}")
        for path in found:
            place = f"{target}{path.name}" if target else path.relative_to(folder).as_posix()
            yield Provided(path, place, kind == "main")


def build(root: Path, url: str, commit: str, time: datetime) -> ET.Element:
    """The index of this checkout.

    Args:
        root: the checkout.
        url: where a file of it can be fetched; ``{commit}`` stands for the commit.
        commit: the published commit.
        time: when this version was published.

    Raises:
        FaultyIndexError: a header lacks what ReaPack needs.
    """
    folder = root / FOLDER
    tags = header((folder / MAIN).read_text(encoding="utf-8"))
    for name in ("description", "version", "author", "provides"):
        if not tags.get(name):
            raise FaultyIndexError(f"{MAIN} has no @{name}.")
    index = ET.Element("index", version="1", name=NAME, commit=commit)
    package = ET.SubElement(
        ET.SubElement(index, "category", name=CATEGORY), "reapack", name=MAIN, type="script", desc=tags["description"]
    )
    stamp = time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    version = ET.SubElement(package, "version", name=tags["version"], author=tags["author"], time=stamp)
    for file in provided(tags["provides"], folder):
        shown = file.source.resolve().relative_to(root).as_posix()
        entry = ET.SubElement(version, "source", file=file.target)
        if file.main:
            entry.set("main", "main")
        entry.text = f"{url.format(commit=commit).rstrip('/')}/{quote(shown)}"
    return index


def check(index: ET.Element) -> None:
    """Whether ReaPack takes the index.

    Raises:
        FaultyIndexError: with the first fault.
    """
    if index.tag != "index" or index.get("version") != "1" or not index.get("name"):
        raise FaultyIndexError("The root must be an <index version='1'> with a name.")
    for package in index.iterfind("category/reapack"):
        name = package.get("name", "")
        if package.get("type") != "script" or not name.endswith((".lua", ".eel", ".py")):
            raise FaultyIndexError(f"{name} is no script package.")
        versions = package.findall("version")
        if not versions:
            raise FaultyIndexError(f"{name} has no version.")
        for version in versions:
            _check_version(name, version)


def _check_version(name: str, version: ET.Element) -> None:
    number = version.get("name", "")
    segments = [int(s) for s in re.findall(r"\d+", number)]
    if not VERSION.fullmatch(number) or any(s > LARGEST_SEGMENT for s in segments):
        raise FaultyIndexError(f"{name}: {number!r} is no version that ReaPack reads.")
    targets = [source.get("file", name) for source in version.iterfind("source")]
    if len(set(targets)) != len(targets) or name not in targets:
        raise FaultyIndexError(f"{name} {number}: a file is missing or named twice.")
    for source in version.iterfind("source"):
        target = Path(source.get("file", name))
        if target.is_absolute() or ".." in target.parts:
            raise FaultyIndexError(f"{name} {number}: {target} leaves the package's folder.")
        if urlparse(source.text or "").scheme != "https":
            raise FaultyIndexError(f"{name} {number}: {target} has no https address.")
    if not any(source.get("main") for source in version.iterfind("source")):
        raise FaultyIndexError(f"{name} {number}: no file is an action.")


def main() -> int:
    """Make or check an index; 1 with a sentence where ReaPack would refuse it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="address of the files, with {commit}")
    parser.add_argument("--commit", default="main", help="the published commit")
    parser.add_argument("-o", "--output", type=Path, default=Path("index.xml"))
    parser.add_argument("--check", type=Path, metavar="FILE", help="only check this index")
    options = parser.parse_args()
    try:
        if options.check:
            check(ET.parse(options.check).getroot())
            return 0
        if not options.url:
            parser.error("--url is needed to make an index")
        index = build(ROOT, options.url, options.commit, datetime.now(timezone.utc))
        check(index)
    except (FaultyIndexError, ET.ParseError, OSError) as e:
        sys.stderr.write(f"{e}\n")
        return 1
    ET.indent(index)
    ET.ElementTree(index).write(options.output, encoding="utf-8", xml_declaration=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
