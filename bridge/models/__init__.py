"""The model store.

Every network and soundfont is a row of models.toml, verified before use.
"""

from __future__ import annotations

from bridge.models.store import ModelStatus, ModelStore

__all__ = ["ModelStatus", "ModelStore"]
