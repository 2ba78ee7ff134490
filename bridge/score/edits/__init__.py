"""Corrections of a result as data.

A sheet with stable note ids, operations on it, and how both look as JSON.
"""

from __future__ import annotations

from bridge.score.edits.operations import Edit, apply, parse_edit
from bridge.score.edits.sheet import Sheet, SheetPart, item_of, sheet_of

__all__ = ["Edit", "Sheet", "SheetPart", "apply", "item_of", "parse_edit", "sheet_of"]
