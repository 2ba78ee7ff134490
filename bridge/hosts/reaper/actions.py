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
    "Set up",
    LISTENER,
)
"""In the order of the toolbar; the listener is started by REAPER's start-up script."""
MAIN_SECTION = 0
ASK_ON_RELAUNCH, RUN_ANOTHER = 4, 516
"""reaper-kb.ini's first number: what happens when the action is called while it runs."""


def script_path(action: str) -> str:
    """The action's script, relative to Scripts, with forward slashes as reaper-kb.ini has them."""
    return f"{FOLDER}/dawscribe_{action}.lua"


def command_id(action: str) -> str:
    """The command id REAPER derives: ``_RS`` and the SHA-1 of the upper-cased path as reaper-kb.ini writes it."""
    digest = hashlib.sha1(script_path(action).upper().encode(), usedforsecurity=False)
    return f"_RS{digest.hexdigest()}"


def kb_line(action: str) -> str:
    """The line that registers the action in reaper-kb.ini."""
    flags = RUN_ANOTHER if action.startswith("Transcribe") else ASK_ON_RELAUNCH
    path = script_path(action)
    return f'SCR {flags} {MAIN_SECTION} {command_id(action)[1:]} "Custom: dawscribe: {action}" "{path}"'
