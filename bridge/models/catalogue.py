"""Reads models.toml: what models there are and where each can be had."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bridge.models.sources import DebianPackage, NpmPackage, PipWheel, Source
from bridge.models.web import WebFile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KINDS: Mapping[str, Any] = {"pip": PipWheel, "npm": NpmPackage, "debian": DebianPackage, "https": WebFile}
"""The "kind" of a place in models.toml -> its class; the other keys are the class's fields."""
ABOUT = 1.25
"""Most bytes of a model whose size is known roughly, in its size: packing the same again changes less."""


@dataclass(frozen=True, slots=True)
class Model:
    """One row of models.toml."""

    name: str
    purpose: str
    """Its purpose and its makers, in a few words."""
    file: str
    """Name of the file in a folder of models."""
    size: int
    """Bytes; about as many where they are not ``exact``."""
    sha256: str
    licence: str
    places: tuple[Source, ...] = ()
    """Tried in order."""
    also: tuple[str, ...] = ()
    """Further sha256 that are accepted: the same model as other places pack it."""
    exact: bool = True
    """Return whether ``size`` is known to the byte; the sha256 alone decides otherwise."""
    commercial: bool = True
    """Return whether its licence allows use for money."""
    terms: str = ""
    """Words of its author about that, in the author's own words; empty where the licence's name says all."""
    notice: str = ""
    """Notice for the user before the first download; empty where the licence allows everything."""
    engines: tuple[str, ...] = ()
    """The plugins that cannot work without it."""
    default: bool = False
    """Return whether one of the default engines is among them."""
    shipped: bool = False
    """Return whether it comes with dawscribe, in bridge/data."""
    installed: tuple[Path, ...] = ()
    """Where other software may have put the same file."""

    @property
    def max_bytes(self) -> int:
        """Return the most bytes of a download."""
        return self.size if self.exact else int(self.size * ABOUT)

    def accepts(self, digest: str) -> bool:
        """Return whether a content with this sha256 is the model."""
        return digest == self.sha256 or digest in self.also


@cache
def models() -> Mapping[str, Model]:
    """All models by name, in the order of models.toml."""
    text = (Path(__file__).with_name("models.toml")).read_text(encoding="utf-8")
    return {name: _model(name, row) for name, row in tomllib.loads(text).items()}


def _model(name: str, row: Mapping[str, Any]) -> Model:
    fields = dict(row)
    places = tuple(_place(p) for p in fields.pop("places", ()))
    installed = tuple(Path(p) for p in fields.pop("installed", ()))
    engines, also = (tuple(fields.pop(key, ())) for key in ("engines", "also"))
    return Model(name=name, places=places, installed=installed, engines=engines, also=also, **fields)


def _place(row: Mapping[str, Any]) -> Source:
    fields = dict(row)
    place: Source = KINDS[fields.pop("kind")](**fields)
    return place
