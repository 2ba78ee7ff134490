"""The text form of REAPER's state: lines of tokens, nested in angle brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

TOKEN = re.compile(r"\"([^\"]*)\"|'([^']*)'|`([^`]*)`|(\S+)")


@dataclass
class Node:
    """``<NAME tokens`` with its lines; a line is a list of tokens, a nested node is a Node."""

    tokens: list[str]
    children: list[Node | list[str]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    """The lines as they stood, for blocks whose lines are no tokens."""

    @property
    def name(self) -> str:
        """The block's keyword."""
        return self.tokens[0]

    def lines(self) -> list[list[str]]:
        """The lines that are no blocks."""
        return [child for child in self.children if isinstance(child, list)]

    def nodes(self, *names: str) -> list[Node]:
        """The nested blocks of these names."""
        return [c for c in self.children if isinstance(c, Node) and (not names or c.name in names)]


def quote(text: str) -> str:
    """A token in the quotes it needs."""
    if text and not re.search(r"[\s\"'`<>|]", text):
        return text
    for mark in ('"', "'", "`"):
        if mark not in text:
            return f"{mark}{text}{mark}"
    return "`" + text.replace("`", "'") + "`"


def split(line: str) -> list[str]:
    """A line's tokens without their quotes."""
    return ["".join(groups) for groups in TOKEN.findall(line)]


def parse(text: str) -> Node:
    """The first block of a text.

    Raises:
        ValueError: brackets do not match.
    """
    stack: list[Node] = []
    for raw in text.replace("\r", "").split("\n"):
        line = raw.strip()
        if not line:
            continue
        if line.startswith("<"):
            stack.append(Node(split(line[1:]) or [""]))
        elif line == ">":
            if not stack:
                raise ValueError("a block is closed that was not opened")
            node = stack.pop()
            if not stack:
                return node
            stack[-1].children.append(node)
        elif stack:
            stack[-1].children.append(split(line))
            stack[-1].raw.append(line)
    raise ValueError("a block is not closed")


def number(value: float) -> str:
    """A number as REAPER writes it: no trailing zeros."""
    return f"{value:.14f}".rstrip("0").rstrip(".") if value != int(value) else str(int(value))
