"""Compile networks, or read what was compiled of them before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.inference.graph_rewrite import Rewrite, rewritten
from bridge.inference.mapped_pages import forget_pages
from bridge.inference.seals import drop_damaged, seal_compiled


def ensured_folder(cache: Path | None) -> Path | None:
    """The folder, None where it cannot be made; that nothing can be written into it, OpenVINO takes by itself."""
    try:
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return cache


def compiled_rewritten(
    core: Any, path: Path, rewrite: Rewrite, cache: Path | None, target: str, properties: dict[str, Any]
) -> Any:
    """A changed network, compiled.

    Where what was kept of it is damaged, it is made again.

    Raises:
        OSError, RuntimeError: the file itself cannot be read or compiled.
    """
    try:
        return _compiled_here(core, rewritten(core, path, rewrite, cache), target, properties)
    except RuntimeError:
        if cache is None:
            raise
        return _compiled_here(core, rewritten(core, path, rewrite, cache, anew=True), target, properties)


def _compiled_here(core: Any, network: Any, target: str, properties: dict[str, Any]) -> Any:
    """A network compiled; its compiled form lies in its own folder, where it has one, and goes with it."""
    if isinstance(network, str):
        # The weights lie in the network's own file: not a second time in what is cached of it.
        properties = {**properties, "CACHE_DIR": str(Path(network).parent), "CACHE_MODE": "OPTIMIZE_SIZE"}
    return compiled_in(core, network, target, properties)


def compiled_in(core: Any, network: Any, target: str, properties: dict[str, Any]) -> Any:
    """A network compiled, or read where it was compiled before and is as it was."""
    folder = properties.get("CACHE_DIR")
    if folder is not None:
        drop_damaged(Path(folder))
    compiled = core.compile_model(network, target, properties)
    if folder is not None:
        seal_compiled(Path(folder))
        forget_pages(Path(folder))
    return compiled
