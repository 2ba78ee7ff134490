"""Tracks of MuScriptor's groups of instruments."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.music.general_midi import INSTRUMENTS, Instrument
from bridge.score.instruments.families import FAMILIES, family_index

DRUMS = "drums"
NUMBERED = "program_"
"""Groups that have no name in the package are named by their first program."""
GROUPS: Mapping[str, tuple[str, int]] = {
    "acoustic_piano": ("Piano", 0),
    "electric_piano": ("Electric piano", 4),
    "chromatic_percussion": ("Mallets", 11),
    "organ": ("Organ", 16),
    "acoustic_guitar": ("Acoustic guitar", 25),
    "clean_electric_guitar": ("Guitar", 27),
    "distorted_electric_guitar": ("Distorted guitar", 30),
    "acoustic_bass": ("Acoustic bass", 32),
    "electric_bass": ("Bass", 33),
    "violin": ("Violin", 40),
    "viola": ("Viola", 41),
    "cello": ("Cello", 42),
    "contrabass": ("Contrabass", 43),
    "orchestral_harp": ("Harp", 46),
    "timpani": ("Timpani", 47),
    "string_ensemble": ("Strings", 48),
    "synth_strings": ("Synth strings", 50),
    "voice": ("Vocals", 53),
    "orchestra_hit": ("Orchestra hit", 55),
    "trumpet": ("Trumpet", 56),
    "trombone": ("Trombone", 57),
    "tuba": ("Tuba", 58),
    "french_horn": ("French horn", 60),
    "brass_section": ("Brass", 61),
    "soprano_and_alto_sax": ("Sax", 65),
    "tenor_sax": ("Tenor sax", 66),
    "baritone_sax": ("Baritone sax", 67),
    "oboe": ("Oboe", 68),
    "english_horn": ("English horn", 69),
    "bassoon": ("Bassoon", 70),
    "clarinet": ("Clarinet", 71),
    "flutes": ("Flute", 73),
    "synth_lead": ("Synth lead", 81),
    "synth_pad": ("Synth pad", 89),
}
"""Group of the package -> name and General MIDI program of its track."""
OF_STEM: Mapping[str, tuple[str, ...]] = {
    "drums": (DRUMS,),
    "bass": ("acoustic_bass", "electric_bass", "contrabass"),
    "vocals": ("voice",),
    "guitar": ("acoustic_guitar", "clean_electric_guitar", "distorted_electric_guitar"),
    "piano": ("acoustic_piano", "electric_piano"),
}
"""Stem -> the groups that may play in it, where its separator has said who does."""


def instrument_of_group(group: str) -> Instrument:
    """Return the instrument of a group.

    One without a row is played by its own program.
    """
    if group == DRUMS:
        return INSTRUMENTS["drums"]
    name, program = GROUPS.get(group) or ("Other", _number(group))
    return Instrument(name, program, FAMILIES[family_index(program)])


def _number(group: str) -> int:
    """Return the program of a group without a name; what lies beyond General MIDI's is a piano."""
    number = group.removeprefix(NUMBERED)
    return int(number) if number.isdecimal() and int(number) <= 127 else 0
