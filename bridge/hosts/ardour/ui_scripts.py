r"""Ardour's file ``ui_scripts``.

Which Lua scripts are bound to toolbar buttons, and which hooks run.

It is ``<UIScripts><ActionScript>BASE64</ActionScript><ActionHooks><LuaCallback .../></ActionHooks></UIScripts>``.
The base 64 text is Lua that fills a table: ``scripts[3]["n"]`` is the name of slot 3, ``s`` the whole source,
``f`` a chunk that returns the action, ``c`` one that returns its icon, ``a`` a table of arguments. Ardour writes
byte code into ``f`` and ``c`` but loads text as well, so text is what we add: it fits every version. Ardour reads the
file when a session opens and rewrites it whenever a script is bound, so it must not run while we edit.
"""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from pathlib import Path

from bridge.errors import HostError

SLOTS = 32
"""Action slots of every Ardour from 6 to 9."""
FIRST_FREE = 3
"""Ardour gives slots 1 and 2 to its own scripts where there is no file yet."""
_STATEMENT = re.compile(
    rb'scripts\[(\d+)\]((?:\["(?:[^"\\]|\\.)*"\])*)\s*=\s*("(?:[^"\\]|\\.)*"|\{\s*\}|[^\s"]+)\s*', re.DOTALL
)
"""One assignment: slot, keys, value."""


class UiScripts:
    """The file, in memory."""

    def __init__(self, path: Path) -> None:
        """Read it.

        Raises:
            HostError: it is there but cannot be understood.
        """
        try:
            # The user's own configuration, written by Ardour.
            self._root = ET.parse(path).getroot() if path.is_file() else ET.Element("UIScripts")  # noqa: S314
            self._actions = self._child(self._root, "ActionScript", lua="Lua 5.3")
            self._hooks = self._child(self._root, "ActionHooks")
            self._lua = base64.b64decode(self._actions.text or "", validate=False) or b"scripts = {} "
        except (ET.ParseError, ValueError, OSError) as e:
            message = f"{path} cannot be read; move it away, start Ardour once, and run 'dawscribe setup ardour' again."
            raise HostError(message, code="ardour-scripts-unreadable") from e

    @staticmethod
    def _child(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
        found = parent.find(tag)
        return found if found is not None else ET.SubElement(parent, tag, attributes)

    def slots(self) -> dict[int, str]:
        """Name per slot that is in use."""
        names = {}
        for m in _STATEMENT.finditer(self._lua):
            if m[2] == b'["n"]':
                names[int(m[1])] = _unquote(m[3])
            elif not m[2] and m[3] == b"nil":
                names.pop(int(m[1]), None)
        return names

    def bind(self, name: str, source: str, origin: Path, first: int = FIRST_FREE) -> int:
        """Put an action with icon on its old slot, or on the first that is free from ``first`` on; the slot.

        Raises:
            HostError: all are taken.
        """
        own = [slot for slot, other in self.slots().items() if other == name and self._is_from(slot, origin)]
        free = [slot for slot in range(first, SLOTS + 1) if slot not in self.slots()]
        if not own and not free:
            raise HostError(
                "All of Ardour's script buttons are taken; remove one in Ardour and run this again.",
                code="ardour-buttons-taken",
            )
        slot = (own or free)[0]
        self._drop(slot)
        fields = {"n": name, "s": source, "f": chunk(source, "factory"), "c": chunk(source, "icon")}
        lua = b"scripts[%d] = {} " % slot
        for key, value in fields.items():
            lua += b'scripts[%d]["%s"] = %s ' % (slot, key.encode(), _quote(value))
        lua += b'scripts[%d]["a"] = {} ' % slot
        lua += b'scripts[%d]["a"]["x-script-origin"] = %s ' % (slot, _quote(str(origin)))
        self._lua = self._lua.rstrip() + b" " + lua
        return slot

    def unbind(self, name: str, origin: Path) -> None:
        """Take our action off its slot."""
        for slot, other in self.slots().items():
            if other == name and self._is_from(slot, origin):
                self._drop(slot)

    def _is_from(self, slot: int, origin: Path) -> bool:
        """Return whether a slot's script came from a file of the same name (a user's own may be named like ours)."""
        statements = (m for m in _STATEMENT.finditer(self._lua) if int(m[1]) == slot)
        return any(m[2] == b'["a"]["x-script-origin"]' and _unquote(m[3]).endswith(origin.name) for m in statements)

    def _drop(self, slot: int) -> None:
        self._lua = _STATEMENT.sub(lambda m: b"" if int(m[1]) == slot else m[0], self._lua)

    def add_hook(self, name: str, source: str, timer_bit: int) -> None:
        """Register a hook on Ardour's timer, in place of an older one of that name."""
        self.remove_hook(name)
        # A bit set as text, highest first: this one and all lower.
        signals = "1" + "0" * timer_bit
        taken = {h.get("id") for h in self._hooks}
        identity = next(str(i) for i in range(7301, 9999) if str(i) not in taken)
        hook = ET.SubElement(
            self._hooks, "LuaCallback", {"lua": "Lua 5.3", "id": identity, "name": name, "signals": signals}
        )
        lua = b's = {} s["n"] = %s s["s"] = %s ' % (_quote(name), _quote(source))
        hook.text = base64.b64encode(lua + b's["f"] = %s s["a"] = {} ' % _quote(chunk(source, "factory"))).decode()

    def remove_hook(self, name: str) -> None:
        """Unregister the hook of that name."""
        for hook in [h for h in self._hooks if h.get("name") == name]:
            self._hooks.remove(hook)

    def to_bytes(self) -> bytes:
        """The file's content."""
        self._actions.text = base64.b64encode(self._lua).decode()
        return bytes(ET.tostring(self._root, encoding="UTF-8", xml_declaration=True))


def chunk(source: str, function: str) -> str:
    """Lua text that returns what the script's ``function`` returns, and leaves no global behind."""
    return f"local ardour, factory, icon, signals = function () end\n{source}\nreturn {function}(...)\n"


def _quote(text: str) -> bytes:
    """A Lua string literal in plain ASCII."""
    special = {0x22: b'\\"', 0x5C: b"\\\\", 0x0A: b"\\n", 0x0D: b"\\r"}
    body = b"".join(special.get(c, bytes([c]) if 0x20 <= c < 0x7F else b"\\%03d" % c) for c in text.encode())
    return b'"' + body + b'"'


def _unquote(literal: bytes) -> str:
    """The text of a literal, near enough to compare names."""
    body = literal.strip(b'"')
    body = re.sub(rb"\\(\d{1,3})", lambda m: bytes([int(m[1]) & 255]), body)
    return re.sub(rb"\\(.)", rb"\1", body, flags=re.DOTALL).decode(errors="replace")
