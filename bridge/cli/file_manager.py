"""Shows a file to the user in the file manager, from where it can be dragged into a DAW."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bridge.errors import InputError


def reveal(path: Path) -> None:
    """Open the folder that holds ``path``, with the file selected where the system can; or the folder itself.

    Raises:
        InputError: there is no file manager to ask.
    """
    try:
        quiet = subprocess.DEVNULL
        subprocess.Popen(_command(path, sys.platform), stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    except OSError as e:
        raise InputError(
            f"No file manager could be opened; the files lie in {_folder(path)}.", code="file-manager-missing"
        ) from e


def _command(path: Path, system: str) -> list[str] | str:
    if system == "darwin":
        return ["open", "-R", str(path)] if path.is_file() else ["open", str(path)]
    if system == "win32":
        # Explorer wants the quotes after the comma; a path of Windows holds none itself.
        return f'explorer /select,"{path}"' if path.is_file() else ["explorer", str(path)]
    return ["xdg-open", str(_folder(path))]


def _folder(path: Path) -> Path:
    return path.parent if path.is_file() else path
