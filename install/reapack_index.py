"""Makes ReaPack's index.xml for the REAPER scripts, and checks it.

    python install/reapack_index.py --url https://example.org/dawscribe/{commit} --commit HASH [-o index.xml]
    python install/reapack_index.py --check index.xml

ReaPack fetches each file from the url and puts it below Scripts/<index name>/<category>/. The package is the
main script's header: @version, @author, @provides, and the page that this file writes about it. Earlier versions are
read from the tags v0.1.0 and so on, so that a user can stay with one or go back; what each brought is its section of
CHANGELOG.md.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import quote, urlparse

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "daw_scripts/reaper"
MAIN = "dawscribe_Transcribe selected items.lua"
NAME, CATEGORY = "dawscribe", "dawscribe"
DESCRIPTION = "dawscribe: audio items to MIDI tracks"
ABOUT = (
    "dawscribe turns selected audio items into MIDI tracks: one per instrument, named, in place, in one undo step.",
    "These scripts are REAPER's half. The other half is a program that runs on this computer without the network. "
    "Install it first, from a terminal; its page says how:",
    "{website}",
    "'dawscribe setup reaper' installs the same scripts with a shortcut and a toolbar. Choose one of the two, or "
    "every action stands twice in the action list; with ReaPack, run the action 'dawscribe: Set up' once.",
)
"""What ReaPack shows of the package, a paragraph each."""
TAG = re.compile(r"v\d+(\.\d+)+")
VERSION = re.compile(r"\d+(\.\d+)*\S*")
LARGEST_SEGMENT = 65535
"""ReaPack keeps version segments in 16 bits."""


class FaultyIndexError(Exception):
    """What ReaPack would refuse, in a sentence."""


@dataclass(frozen=True)
class Provided:
    """One file of the package: its path in the repository, its place in the package, whether it is an action."""

    source: str
    target: str
    main: bool


@dataclass(frozen=True)
class Tree:
    """The repository as it is, or as it was at a tag."""

    root: Path
    tag: str | None = None

    def read(self, path: str) -> str:
        """Return a file's text; OSError or CalledProcessError where there is none."""
        return git(self.root, "show", f"{self.tag}:{path}") if self.tag else (self.root / path).read_text("utf-8")

    def files(self, folder: str) -> list[str]:
        """Return the paths of the files in a folder, not below it."""
        if self.tag:
            found = git(self.root, "ls-tree", "-z", "--name-only", self.tag, f"{folder}/").split("\0")
            return sorted(path for path in found if path and Path(path).suffix)
        return sorted(p.relative_to(self.root).as_posix() for p in (self.root / folder).iterdir() if p.is_file())


def git(root: Path, *words: str) -> str:
    """Return what git prints; CalledProcessError where it fails."""
    return subprocess.run(("git", "-C", root, *words), capture_output=True, check=True, text=True).stdout


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


def provided(lines: str, tree: Tree) -> Iterator[Provided]:
    """The files that @provides names, each once.

    Raises:
        FaultyIndexError: a line names nothing.
    """
    for line in filter(None, map(str.strip, lines.splitlines())):
        match = re.fullmatch(r"\[(main|nomain)\]\s+(\S+)(?:\s+>\s+(\S+))?", line)
        if match is None:
            raise FaultyIndexError(f"@provides cannot be read: {line}")
        kind, pattern, target = match.groups()
        below, _, name = pattern.rpartition("/")
        folder = f"{FOLDER}/{below}".rstrip("/").replace("/reaper/..", "")
        found = [path for path in tree.files(folder) if fnmatchcase(Path(path).name, name)]
        if not found:
            raise FaultyIndexError(f"@provides names no file: {pattern}")
        for path in found:
            place = f"{target}{Path(path).name}" if target else path.removeprefix(f"{FOLDER}/")
            yield Provided(path, place, kind == "main")


def section(changelog: str, version: str) -> str:
    """Return what the changelog says of a version, without its heading."""
    found = re.search(rf"(?ms)^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", changelog)
    return found[1].strip() if found else ""


def rtf(paragraphs: tuple[str, ...]) -> str:
    """Return paragraphs in the format that ReaPack shows."""
    special = {"\\": r"\\", "{": r"\{", "}": r"\}"}

    def escaped(text: str) -> str:
        return "".join(special.get(c, c if c.isascii() else rf"\u{ord(c)}?") for c in text)

    body = "".join(rf"{{\pard \sa180 {escaped(paragraph)}\par}}" for paragraph in paragraphs)
    return rf"{{\rtf1\ansi\deff0{{\fonttbl{{\f0\fswiss;}}}}\fs20 {body}}}"


def add_version(package: ET.Element, tree: Tree, address: str, time: datetime) -> None:
    """Add a version with its changelog and its files.

    Args:
        package: gets it.
        tree: the repository at this version.
        address: where the files of it can be fetched.
        time: when it was published.

    Raises:
        FaultyIndexError: a header lacks what ReaPack needs.
    """
    tags = header(tree.read(f"{FOLDER}/{MAIN}"))
    for name in ("description", "version", "author", "provides"):
        if not tags.get(name):
            raise FaultyIndexError(f"{MAIN} has no @{name}.")
    stamp = time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    version = ET.SubElement(package, "version", name=tags["version"], author=tags["author"], time=stamp)
    changes = section(tree.read("CHANGELOG.md"), tags["version"])
    if changes:
        ET.SubElement(version, "changelog").text = changes
    for file in provided(tags["provides"], tree):
        entry = ET.SubElement(version, "source", file=file.target)
        if file.main:
            entry.set("main", "main")
        entry.text = f"{address.rstrip('/')}/{quote(file.source)}"


def released(root: Path) -> Iterator[tuple[str, str, datetime]]:
    """Yield tag, commit and time of every release whose tree holds the scripts, oldest first."""
    try:
        tags = git(root, "tag", "--sort=creatordate").split()
    except (OSError, subprocess.CalledProcessError):
        # A source archive has no history.
        return
    for tag in filter(TAG.fullmatch, tags):
        commit, stamp = git(root, "log", "-1", "--format=%H %cI", tag).split()
        try:
            Tree(root, tag).read(f"{FOLDER}/{MAIN}")
        except subprocess.CalledProcessError:
            continue
        yield tag, commit, datetime.fromisoformat(stamp)


def website_of(url: str) -> str:
    """Return where the program is found: the repository that its files are fetched from."""
    return re.split(r"/(?:-/)?raw/|/?\{commit\}", url)[0]


def build(root: Path, url: str, commit: str, time: datetime) -> ET.Element:
    """The index of this checkout, with the releases before it.

    Args:
        root: the checkout.
        url: where a file of it can be fetched; ``{commit}`` stands for the commit.
        commit: the published commit.
        time: when this version was published.

    Raises:
        FaultyIndexError: a header lacks what ReaPack needs.
    """
    index = ET.Element("index", version="1", name=NAME, commit=commit)
    category = ET.SubElement(index, "category", name=CATEGORY)
    package = ET.SubElement(category, "reapack", name=MAIN, type="script", desc=DESCRIPTION)
    metadata, website = ET.SubElement(package, "metadata"), website_of(url)
    ET.SubElement(metadata, "description").text = rtf(tuple(line.format(website=website) for line in ABOUT))
    ET.SubElement(metadata, "link", rel="website", href=website).text = "dawscribe"
    current = header((root / FOLDER / MAIN).read_text(encoding="utf-8")).get("version")
    for tag, revision, made in released(root):
        if tag != f"v{current}":
            add_version(package, Tree(root, tag), url.format(commit=revision), made)
    add_version(package, Tree(root), url.format(commit=commit), time)
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
        numbers = [version.get("name") for version in versions]
        if not versions or len(set(numbers)) != len(numbers):
            raise FaultyIndexError(f"{name} has no version, or one of them twice.")
        if not (package.findtext("metadata/description") or "").startswith(r"{\rtf"):
            raise FaultyIndexError(f"{name} says nothing about itself.")
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
    except (FaultyIndexError, ET.ParseError, OSError, subprocess.CalledProcessError) as e:
        sys.stderr.write(f"{e}\n")
        return 1
    ET.indent(index)
    ET.ElementTree(index).write(options.output, encoding="utf-8", xml_declaration=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
