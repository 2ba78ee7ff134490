"""Networks whose graph is changed before they are compiled, kept in their changed form.

To read an ONNX file and change it takes seconds, so the result lies in the cache folder, and the runtime compiles
from there as it would from the original: by its path, without reading it when the compiled form is in the cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.inference.malloc import give_back
from bridge.inference.seals import is_sealed, seal

NETWORK = ("network.xml", "network.bin")


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A change of a graph."""

    name: str
    """With its version, such as "htdemucs-1"; results are kept under it."""
    apply: Callable[[Any], None] = lambda model: None
    """Changes an ``openvino.Model`` in place."""
    read: Callable[[Path], Any] | None = None
    """Makes the ``openvino.Model`` of a file that is not ONNX; raises RuntimeError where it cannot."""


def rewritten(core: Any, path: Path, rewrite: Rewrite, cache: Path | None, *, anew: bool = False) -> Any:
    """Return the changed network as ``core.compile_model`` takes it.

    A path as str, or a model where none can be kept.

    Args:
        core: the ``openvino.Core``.
        path: the file.
        rewrite: the change.
        cache: folder that keeps results; those of other versions of this change, and of others of its files, go.
        anew: whether to make it again even where it is there.

    Raises:
        OSError: the file cannot be read.
        RuntimeError: it is not a network.
    """
    folder = None if cache is None else cache / f"{rewrite.name}-{_key(path)}"
    if folder is not None and not anew and is_sealed(folder, NETWORK):
        return str(folder / NETWORK[0])
    model = core.read_model(str(path)) if rewrite.read is None else rewrite.read(path)
    rewrite.apply(model)
    if folder is None or not _keep(model, folder):
        return model
    del model
    give_back()
    _remove_others(folder, rewrite)
    return str(folder / NETWORK[0])


def _key(path: Path) -> str:
    """A key of the file as it is now and of the runtime that reads it."""
    import openvino as ov

    status = path.stat()
    text = f"{ov.__version__} {path.resolve()} {status.st_size} {status.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _keep(model: Any, folder: Path) -> bool:
    """Write the network, visible at once or never; False where the disk does not take it."""
    import openvino as ov

    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        draft.mkdir(parents=True, exist_ok=True)
        ov.save_model(model, draft / NETWORK[0], compress_to_fp16=False)
        seal(draft, NETWORK)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    except (OSError, RuntimeError):
        # Also when another process was faster: what that one made is as good.
        shutil.rmtree(draft, ignore_errors=True)
    return is_sealed(folder, NETWORK)


def _remove_others(folder: Path, rewrite: Rewrite) -> None:
    """Remove what older versions and killed processes left; a file in use on Windows stays until the next time."""
    family = rewrite.name.rsplit("-", 1)[0]
    with suppress(OSError):
        for pattern in (f"{family}-*-*", f".{family}-*-*"):
            for other in folder.parent.glob(pattern):
                if other != folder and other.is_dir():
                    shutil.rmtree(other, ignore_errors=True)
