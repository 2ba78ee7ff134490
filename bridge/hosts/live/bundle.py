"""Join the modules of Live's extension into the one file that Live loads: its host finds no others."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.errors import HostError

NODE = frozenset({"node:child_process", "node:crypto", "node:fs", "node:path"})
"""Modules of Node that ours may require; each was tried under the flags with which Live starts its own."""
REQUIRE = re.compile(r"\brequire\(([^)]*)\)")
OURS = re.compile(r'"\./([a-z-]+)"')
HEAD = """\
// dawscribe for Ableton Live, joined by "dawscribe setup live". A module's line N is here N + the number before it:
{table}
"use strict";
const joined = {{}};
function join(name, body) {{
  const module = {{ exports: {{}} }};
  body(module, (wanted) => (wanted.startsWith("node:") ? require(wanted) : joined[wanted]));
  joined[name] = module.exports;
}}
"""


def bundle(folder: Path, entry: str) -> str:
    """Return a module and all that it requires as one CommonJS file.

    Each module stands behind those that it requires, so that the file is the same wherever it is made.

    Args:
        folder: of the modules.
        entry: name of the first one, without ".js"; the file exports what it does.

    Raises:
        HostError: a module is missing, requires what is not known, or leads back to itself.
    """
    modules: dict[str, str] = {}
    _collect(folder, entry, (), modules)
    before = len(HEAD.splitlines()) + len(modules)
    table, wrapped = [], []
    for name, text in modules.items():
        table.append(f"// {before:6} {name}.js")
        wrapped.append(f'join("./{name}", (module, require) => {{\n{text}}});\n')
        before += text.count("\n") + 2
    return HEAD.format(table="\n".join(table)) + "".join(wrapped) + f'module.exports = joined["./{entry}"];\n'


def _collect(folder: Path, name: str, above: tuple[str, ...], found: dict[str, str]) -> None:
    """Add a module to ``found``, behind all that it requires; ``above`` leads from the entry to it."""
    if name in found:
        return
    if name in above:
        raise _broken(f"{' > '.join([*above, name])} is a circle")
    try:
        text = (folder / f"{name}.js").read_text(encoding="utf-8").rstrip("\n") + "\n"
    except (OSError, UnicodeDecodeError) as e:
        raise _broken(f"{name}.js cannot be read") from e
    for wanted in _required(name, text):
        _collect(folder, wanted, (*above, name), found)
    found[name] = text


def _required(name: str, text: str) -> list[str]:
    """Return the modules of ours that one requires, in its order."""
    wanted = []
    for given in REQUIRE.findall(text):
        ours = OURS.fullmatch(given)
        if ours:
            wanted.append(ours[1])
        elif given.strip('"') not in NODE:
            raise _broken(f"{name}.js requires {given}, which is not known")
    return wanted


def _broken(what: str) -> HostError:
    return HostError(
        f"The extension for Live is damaged ({what}); install dawscribe again.", code="live-extension-damaged"
    )
