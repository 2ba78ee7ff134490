"""The actions that REAPER gets, and the command ids that follow from their paths."""

from __future__ import annotations

import hashlib

FOLDER = "dawscribe"
"""Folder below REAPER's Scripts."""
ACTION = "Transcribe selected items"
LISTENER = "Background listener"
ACTIONS = (
    ACTION,
    "Transcribe with options",
    "Cancel",
    "Insert finished transcriptions",
    "Insert again",
    "Collect sounds",
    "Set up",
    LISTENER,
)
"""In the order of the toolbar; the listener is started by REAPER's start-up script."""
MAIN_SECTION = 0
SHORTCUT = (29, ord("T"))
"""Ctrl+Alt+Shift+T (on macOS Cmd+Opt+Shift+T) as reaper-kb.ini writes it: 1 key + 4 Shift + 8 Ctrl + 16 Alt, and the
key. No action of REAPER's own has it."""
ASK_ON_RELAUNCH, RUN_ANOTHER = 4, 516
"""reaper-kb.ini's first number: what happens when the action is called while it runs."""


def script_path(action: str) -> str:
    """The action's script, relative to Scripts, with forward slashes as reaper-kb.ini has them."""
    return f"{FOLDER}/dawscribe_{action}.lua"


def command_id(action: str) -> str:
    """The command id REAPER derives.

    ``_RS`` and the SHA-1 of the upper-cased path as reaper-kb.ini writes it.
    """
    digest = hashlib.sha1(script_path(action).upper().encode(), usedforsecurity=False)
    return f"_RS{digest.hexdigest()}"


def kb_line(action: str) -> str:
    """The line that registers the action in reaper-kb.ini."""
    flags = RUN_ANOTHER if action.startswith("Transcribe") else ASK_ON_RELAUNCH
    path = script_path(action)
    return f'SCR {flags} {MAIN_SECTION} {command_id(action)[1:]} "Custom: dawscribe: {action}" "{path}"'


def key_line() -> str:
    """The line of reaper-kb.ini that gives the main action its shortcut."""
    return f"KEY {SHORTCUT[0]} {SHORTCUT[1]} {command_id(ACTION)} {MAIN_SECTION}"
