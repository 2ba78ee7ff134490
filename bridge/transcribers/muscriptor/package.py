"""The package muscriptor as it is.

A model from the user's folder, and what it says of a sound.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bridge.audio.spectra import Array
from bridge.errors import ModelError, PluginError
from bridge.inference.network import TORCH_DEVICES
from bridge.inference.torch_device import torch_device
from bridge.plugins.install_hint import pip_install
from bridge.transcribers.muscriptor.levels import RATE

VERSION = "0.4.0"
"""The release that this was written against and is tested with."""
WEIGHTS, SHAPE = "model.safetensors", "config.json"
"""Files of a published model. Without its shape the package takes it for the largest one."""
PRINTING = ("transcription_model", "models.lm", "modules.conditioners")
"""Modules that print how long they took, to the stream that belongs to our result with --json."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """A note as the package tells it."""

    group: str
    """Name of the group of instruments, such as "electric_bass"."""
    key: int
    onset_s: float
    offset_s: float


def how_to_get_it() -> str:
    """The package brings PyTorch with it."""
    return f"install both with: {pip_install(f'muscriptor=={VERSION}')}"


def _how_to_get_weights() -> str:
    """Only the user can ask for them."""
    return (
        "accept their licence at https://huggingface.co/MuScriptor/muscriptor-small, run 'hf auth login' and "
        "'hf download MuScriptor/muscriptor-small --local-dir FOLDER', and name that folder in the setting "
        '"transcribers.muscriptor.folder"'
    )


def checked_folder(name: str) -> Path:
    """Return the folder of a published model.

    Raises:
        ModelError: none is named, or it lacks a file.
    """
    if not name:
        raise ModelError(
            f"No folder with MuScriptor's weights is named; {_how_to_get_weights()}.", code="model-not-found"
        )
    folder = Path(name).expanduser()
    for file in (WEIGHTS, SHAPE):
        if not (folder / file).is_file():
            raise ModelError(f"There is no {file} in {folder}; {_how_to_get_weights()}.", code="model-not-found")
    return folder


class Package:
    """A loaded model.

    Args:
        folder: of a published model.
        device: as of :attr:`bridge.plugins.interfaces.Context.device`; the processor where it is another runtime's.

    Raises:
        PluginError: the package is not installed, or PyTorch has no such device here.
        ModelError: the model cannot be loaded.
    """

    def __init__(self, folder: Path, device: str) -> None:
        self._torch, module = _imported()
        self.lost: list[str] = []
        """Warnings of the package since this was last emptied: five seconds in which it lost the thread."""
        module.warnings = SimpleNamespace(warn=lambda message, *more, **named: self.lost.append(str(message)))
        # Another runtime's device is for the engines beside this one.
        self.device = torch_device(self._torch, device) if device in ("auto", *TORCH_DEVICES) else "cpu"
        try:
            self._model = module.TranscriptionModel.load_model(folder / WEIGHTS, device=self.device)
        except Exception as e:  # whatever a damaged file makes the package, its parser or PyTorch raise
            message = f"MuScriptor's model in {folder} cannot be loaded ({str(e)[:120]}); download it again."
            raise ModelError(message, code="model-not-loaded") from e
        self._events = import_module("muscriptor.events")

    def hear(self, samples: Array, groups: Sequence[str]) -> Iterator[tuple[float, Heard | None]]:
        """Yield the notes by their ends.

        Each comes with the share of the sound that is done, and between notes such shares come alone. A note that
        still sounds when the sound ends, ends there.

        Args:
            samples: (samples,) at RATE.
            groups: the only groups that may play; all where there is none.

        Raises:
            PluginError: PyTorch failed.
        """
        audio, done = (self._torch.from_numpy(samples)[None], RATE), 0.0
        try:
            for event in self._model.transcribe(audio, instruments=list(groups) or None):
                if isinstance(event, self._events.ProgressEvent):
                    done = event.completed / event.total
                    yield done, None
                elif isinstance(event, self._events.NoteEndEvent):
                    yield done, _heard(event, len(samples) / RATE if done == 1.0 else None)
                else:
                    yield done, None
        except RuntimeError as e:
            message = f'PyTorch failed in MuScriptor ({str(e)[:120]}); set device to "cpu" or choose another engine.'
            raise PluginError(message, code="torch-failed") from e


def _imported() -> tuple[Any, Any]:
    """PyTorch and the package's module of models, which writes to the log what it used to print."""
    try:
        torch = import_module("torch")
        modules = [import_module(f"muscriptor.{name}") for name in PRINTING]
    except ImportError as e:
        raise PluginError(
            f"The transcriber muscriptor needs PyTorch and muscriptor; {how_to_get_it()}.",
            code="package-missing-muscriptor",
        ) from e
    for module in modules:
        vars(module)["print"] = lambda *words, **named: _log.debug("%s", " ".join(map(str, words)))
    return torch, modules[0]


def _heard(event: Any, end_s: float | None) -> Heard:
    """Return a note that has ended; where the sound is over, the package closes what still sounds at its onset."""
    start = event.start_event
    closed_s = max(float(event.end_time), end_s or 0.0)
    return Heard(str(start.instrument), int(start.pitch), float(start.start_time), closed_s)
