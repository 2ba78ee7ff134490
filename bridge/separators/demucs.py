"""The demucs package itself, on PyTorch.

Htdemucs_ft (slower, a little cleaner) and htdemucs_6s (guitar, piano).

Needs the "torch" extra. Runs on CUDA, on Apple's MPS and on the processor. The model sees one segment at a time,
so memory does not grow with the length.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.audio.overlap_add import OverlapAdd, centred, mono_level, plan
from bridge.audio.recording import Recording
from bridge.errors import ModelError, PluginError
from bridge.inference.torch_device import torch_device
from bridge.models.catalogue import models
from bridge.plugins.install_hint import pip_install
from bridge.plugins.interfaces import Context, Progress
from bridge.plugins.terms import Terms

Array = npt.NDArray[np.float32]

MAX_SEGMENT_S = 10.0
"""Older models (Demucs v3) take any length and name 40 s and more; ten keep their memory under 3 GB."""


@dataclass(frozen=True, slots=True)
class DemucsOptions:
    """Settings of the separator.

    Raises:
        ValueError: a value that makes no sense.
    """

    model: str = "htdemucs_ft"
    """Name of a model that the demucs package knows: "htdemucs", "htdemucs_ft", "htdemucs_6s"."""
    folder: str = ""
    """Folder with <model>.yaml and the .safetensors files it names; empty lets demucs download the model."""
    overlap: float = 0.25
    """Least share of a segment that is computed twice and cross-faded, 0 to 0.9."""

    def __post_init__(self) -> None:
        if not 0 <= self.overlap <= 0.9:
            raise ValueError("overlap must lie between 0 and 0.9")
        if not self.model:
            raise ValueError("model must name a demucs model")


class Demucs:
    """Separator that runs a demucs package's model."""

    Options = DemucsOptions
    cache_version = "1"
    terms = Terms(commercial=False, words=models()["htdemucs"].terms)
    """The package's weights are those of the same author, under the same words."""

    def __init__(self, options: DemucsOptions, context: Context) -> None:
        try:
            import torch
            from demucs import apply
        except ImportError as e:
            raise PluginError(
                f"The separator demucs needs PyTorch and demucs; {_how_to_get_it()}.", code="package-missing-demucs"
            ) from e
        self._torch, self._apply = torch, apply.apply_model
        self._overlap = options.overlap
        self._where = torch_device(torch, context.device)
        self._model = _load(options)
        self._model.to(self._where)
        longest = getattr(self._model, "max_allowed_segment", None) or getattr(self._model, "segment", None)
        self.rate = int(self._model.samplerate)
        self._segment = int(self.rate * min(float(longest or MAX_SEGMENT_S), MAX_SEGMENT_S))
        self.stems: tuple[str, ...] = tuple(self._model.sources)
        self.device = f"{self._where.upper()} f32 ({options.model}, PyTorch)"

    @classmethod
    def missing(cls, options: DemucsOptions) -> str:
        """Return what it lacks and how to get that, without a long import; empty where nothing is missing."""
        lacks = any(importlib.util.find_spec(name) is None for name in ("torch", "demucs"))
        return f"needs PyTorch and demucs; {_how_to_get_it()}" if lacks else ""

    def separate(self, mix: Recording, roles: Sequence[str], progress: Progress) -> Iterator[Array]:
        """Yield the stems ``roles`` piece by piece, each (stems, 2, samples) and final.

        Raises:
            PluginError: a stem is wanted that the model does not have, or PyTorch failed.
        """
        unknown = [role for role in roles if role not in self.stems]
        if unknown:
            message = f'This demucs model has no stem "{unknown[0]}"; choose from: {", ".join(self.stems)}.'
            raise PluginError(message, code="separator-has-no-stem")
        if mix.rate != self.rate:
            message = f"This demucs model works at {self.rate} Hz, dawscribe at {mix.rate} Hz; choose another model."
            raise PluginError(message, code="separator-rate-differs")
        picks = [self.stems.index(role) for role in roles]
        offsets = plan(mix.frames, self._segment, self._overlap)
        joined = OverlapAdd(offsets, self._segment, mix.frames, (len(picks), 2))
        mean, deviation = mono_level(mix.blocks(), lambda: progress.fraction(0.0))
        share = mean / np.float32(len(self.stems))
        for number, offset in enumerate(offsets):
            progress.fraction(number / len(offsets))
            audio = mix.read(offset, self._segment)
            audio -= mean
            audio /= deviation
            separated = self._run(centred(audio, self._segment))[picks]
            yield joined.add(separated) * deviation + share
        progress.fraction(1.0)

    def _run(self, audio: Array) -> Array:
        """All stems of a segment, (stems, 2, samples)."""
        batch = self._torch.from_numpy(audio)[None].to(self._where)
        try:
            with self._torch.no_grad():
                out = self._apply(self._model, batch, shifts=0, split=False, device=self._where)
        except RuntimeError as e:
            message = f'PyTorch failed on {self._where} ({str(e)[:120]}); set device to "cpu" or choose htdemucs.'
            raise PluginError(message, code="torch-failed") from e
        return np.asarray(out[0].cpu().numpy(), np.float32)


def _how_to_get_it() -> str:
    """The package brings PyTorch with it."""
    return f"install both with: {pip_install('demucs')}"


def _load(options: DemucsOptions) -> Any:
    """The model, ready to run.

    Raises:
        ModelError: it is unknown, not in the folder, damaged, or cannot be downloaded.
        PluginError: this version of demucs cannot read models from a folder.
    """
    try:
        if options.folder:
            return _load_folder(Path(options.folder).expanduser(), options.model)
        from demucs.pretrained import get_model

        return get_model(options.model)
    except (PluginError, ModelError):
        raise
    except Exception as e:  # demucs raises whatever its hub, its parsers and its own checks raise
        message = (
            f'The demucs model "{options.model}" could not be loaded ({str(e)[:120]}); '
            "check its name, the folder and the network."
        )
        raise ModelError(message, code="model-not-loaded") from e


def _load_folder(folder: Path, name: str) -> Any:
    """A model from safetensors files: weights and settings without pickle, which could run code."""
    try:
        import yaml  # type: ignore[import-untyped]
        from demucs.apply import BagOfModels
        from demucs.hf import load_safetensors_model
    except ImportError as e:
        raise PluginError(
            f"Models in a folder need demucs 4.1; update it with: {pip_install('demucs>=4.1')}.", code="demucs-too-old"
        ) from e
    recipe = folder / f"{name}.yaml"
    if not recipe.is_file():
        raise ModelError(f'There is no {recipe.name} in {folder}; check the setting "folder".', code="model-not-found")
    bag = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    models = [load_safetensors_model(folder / f"{Path(s).name}.safetensors") for s in bag["models"]]
    made = BagOfModels(models, bag.get("weights"), bag.get("segment"))
    made.eval()
    return made
