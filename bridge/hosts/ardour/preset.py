"""The LV2 preset that gives ACE Fluid Synth a General MIDI soundfont: Ardour's Lua cannot set the font itself."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from bridge.hosts.ardour.instruments import FLUID_SYNTH, PRESET

BUNDLE = "dawscribe-gm.lv2"
FONT_NAMES = ("FluidR3_GM", "GeneralUser", "MuseScore_General", "default-GM", "TimGM6mb")
"""Free General MIDI soundfonts by the names they are packaged under, the fullest first."""
SYSTEM_FOLDERS = ("/usr/share/sounds/sf2", "/usr/share/soundfonts", "/usr/local/share/soundfonts")
MANIFEST = """@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<urn:dawscribe:general-midi> a pset:Preset ;
  lv2:appliesTo <{plugin}> ;
  rdfs:label "{label}" ;
  rdfs:seeAlso <preset.ttl> .
"""
TURTLE = """@prefix atom: <http://lv2plug.in/ns/ext/atom#> .
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix state: <http://lv2plug.in/ns/ext/state#> .

<urn:dawscribe:general-midi> a pset:Preset ;
  lv2:appliesTo <{plugin}> ;
  rdfs:label "{label}" ;
  state:state [ <{plugin}:sf2file> "{font}"^^atom:Path ] .
"""


def find_soundfont(own: Iterable[Path], system: Iterable[str] = SYSTEM_FOLDERS) -> Path | None:
    """A General MIDI soundfont.

    The user's or a fetched one first, then what the system has.

    Args:
        own: folders whose every .sf2 or .sf3 is taken.
        system: folders in which only known names are.
    """
    for folder in own:
        found = sorted(p for p in folder.glob("*.sf[23]") if p.is_file())
        if found:
            return found[0].resolve()
    for name in FONT_NAMES:
        for place_name in system:
            found = sorted(p for p in Path(place_name).glob(f"{name}*.sf[23]") if p.is_file())
            if found:
                return found[0].resolve()
    return None


def bundle_folder() -> Path:
    """Return the folder in which LV2 hosts look for the user's presets."""
    if sys.platform == "darwin":
        return Path.home() / "Library/Audio/Plug-Ins/LV2" / BUNDLE
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home())) / "LV2" / BUNDLE
    return Path.home() / ".lv2" / BUNDLE


def place(font: Path) -> Path:
    """Write the preset.

    Its folder. An OSError where it cannot be written.
    """
    folder = bundle_folder()
    folder.mkdir(parents=True, exist_ok=True)
    quoted = str(font).replace("\\", "\\\\").replace('"', '\\"')
    names = {"plugin": FLUID_SYNTH["id"], "label": PRESET}
    (folder / "preset.ttl").write_text(TURTLE.format(font=quoted, **names), encoding="utf-8")
    (folder / "manifest.ttl").write_text(MANIFEST.format(**names), encoding="utf-8")
    return folder


def remove() -> None:
    """Take the preset away."""
    shutil.rmtree(bundle_folder(), ignore_errors=True)
