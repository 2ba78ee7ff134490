"""A small project to try scripts on: audio, MIDI, a folder, FX, markers, two tempos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from tests.reaper_sim import plugins
from tests.reaper_sim.api_envelopes import ensure
from tests.reaper_sim.defaults import new_item, new_take, new_track
from tests.reaper_sim.midi_events import PPQ, MidiData, MidiNote
from tests.reaper_sim.model import Item, Marker, Project, Source, TempoMarker, Track

RATE = 44100


def tone(path: Path, seconds: float, hz: float = 220.0) -> Path:
    """A stereo WAV: a sine on the left, an octave above on the right."""
    time = np.arange(round(seconds * RATE)) / RATE
    sound = 0.4 * np.stack([np.sin(2 * np.pi * hz * time), np.sin(4 * np.pi * hz * time)], axis=1)
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    return path


def audio_item(track: Track, path: Path, position: float, length: float) -> Item:
    """An item that plays a file from its start."""
    item = new_item(track, position, length)
    item.values["B_LOOPSRC"] = 0.0
    new_take(item, Source(type="WAVE", path=str(path)), path.name)
    return item


def demo_project(folder: Path) -> Project:
    """The project; its audio file goes to ``folder``."""
    path = tone(folder / "tone.wav", 4.0)
    project = Project(path=str(folder / "demo.rpp"))
    names = ("Song", "Band", "Bass", "Keys", "Empty")
    project.tracks = [new_track(name) for name in names]
    project.tracks[1].values["I_FOLDERDEPTH"] = 1.0
    project.tracks[3].values["I_FOLDERDEPTH"] = -1.0
    first = audio_item(project.tracks[0], path, 1.0, 3.0)
    first.values["B_UISEL"] = 1.0
    audio_item(project.tracks[0], path, 5.0, 2.0)
    audio_item(project.tracks[2], path, 2.0, 4.0)
    midi = new_item(project.tracks[3], 2.0, 4.0)
    notes = tuple(MidiNote(i * PPQ / 2, i * PPQ / 2 + 400, 0, 60 + i, 90) for i in range(8))
    new_take(midi, Source(type="MIDI", midi=MidiData(notes, end=8 * PPQ)), "keys")
    project.tracks[0].values["I_SELECTED"] = 1.0
    synth = plugins.find("ReaSynth")
    assert synth is not None
    project.tracks[3].fx.append(plugins.instance(synth))
    ensure(project.tracks[0], "Volume")
    project.markers = [Marker(id=1, position=2.0, name="Verse"), Marker(id=1, position=4.0, end=8.0, name="Chorus")]
    project.tempo = [TempoMarker(time=0.0, bpm=120.0, numerator=4, denominator=4), TempoMarker(time=4.0, bpm=90.0)]
    project.time_selection = (2.0, 3.0)
    return project
