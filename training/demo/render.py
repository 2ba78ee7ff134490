"""Renders the demo song, by ``python -m training.demo.render``.

Writes bridge/data/demo.ogg and, for the tests, tests/data/demo_notes.csv. The same seed gives the same song.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import soundfile

from training.demo import sounds
from training.demo.song import END_S, Event, song
from training.demo.sounds import RATE

SEED = 7
HERE = Path(__file__).parents[2]
DRUM_PANS = {"hihat": 0.35, "hihat_open": 0.35, "crash": -0.4, "tom_high": 0.2, "tom_mid": 0.0, "tom_low": -0.25}
"""-1 left to 1 right, as the audience sees the kit."""
LEVELS = {"drums": 0.62, "bass": 0.5, "piano": 0.14, "voice": 0.25}
"""Gains by ear: the voice leads, the drums carry."""
SENDS = {"drums": 0.10, "bass": 0.0, "piano": 0.22, "voice": 0.30}
"""Share of each part that goes to the room."""
CLASSES = {"hihat_open": "hihat", "tom_high": "tom", "tom_mid": "tom", "tom_low": "tom", "crash": "cymbal"}
"""Drum -> class name of the annotations, where it differs."""
BLOCK = 1 << 14
"""Frames written at a time: the Vorbis encoder takes no long block well."""


def render(events: list[Event], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """(2, samples) of every part."""
    samples = int(END_S * RATE)
    parts = {name: np.zeros((2, samples)) for name in LEVELS}
    for e in events:
        if e.part != "voice":
            _place(parts[e.part], _sound(e, rng), e.onset_s, _pan(e))
    sung = [(e.onset_s, e.offset_s, e.pitch, e.velocity / 127) for e in events if e.part == "voice"]
    parts["voice"] += sounds.voice(sung, END_S, rng)[:samples]
    t = np.arange(samples) / RATE
    tremolo = 0.25 * np.sin(2 * np.pi * 3.1 * t)
    parts["piano"] *= np.stack([1 + tremolo, 1 - tremolo])
    return {name: parts[name] * LEVELS[name] for name in parts}


def _sound(e: Event, rng: np.random.Generator) -> np.ndarray:
    loudness = e.velocity / 127
    if e.part != "drums":
        return getattr(sounds, e.part)(e.pitch, e.offset_s - e.onset_s, loudness, rng)
    toms = {"tom_high": 196.0, "tom_mid": 147.0, "tom_low": 104.0}
    if e.drum in toms:
        return sounds.tom(toms[e.drum], loudness, rng)
    if e.drum == "hihat_open":
        return sounds.hihat(loudness, rng, fall_s=0.22)
    return {"kick": sounds.kick, "snare": sounds.snare, "hihat": sounds.hihat, "crash": sounds.crash}[e.drum](
        loudness, rng
    )


def _pan(e: Event) -> float:
    return (e.pitch - 63) / 30 if e.part == "piano" else DRUM_PANS.get(e.drum, 0.0)


def _place(part: np.ndarray, sound: np.ndarray, onset_s: float, pan: float) -> None:
    start = round(onset_s * RATE)
    sound = sound[: part.shape[1] - start]
    angle = (pan + 1) * np.pi / 4
    part[:, start : start + len(sound)] += np.sqrt(2) * np.array([[np.cos(angle)], [np.sin(angle)]]) * sound


def mix(parts: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """(2, samples): the parts, a room, gentle limiting, peak -1 dB."""
    length = int(1.1 * RATE)
    fall = np.exp(-np.arange(length) / RATE / 0.16)
    room = rng.normal(0, 1, (2, length)) * fall
    room[:, : int(0.012 * RATE)] = 0
    room /= np.sqrt((room**2).sum(1, keepdims=True))
    wet = sum(parts[name] * share for name, share in SENDS.items())
    size = 1 << (wet.shape[1] + length).bit_length()
    wet = np.fft.irfft(np.fft.rfft(wet, size) * np.fft.rfft(room, size))[:, : wet.shape[1]]
    out = np.tanh(1.15 * (sum(parts.values()) + wet))
    out[:, -RATE // 2 :] *= np.linspace(1, 0, RATE // 2)
    return np.asarray(out / np.abs(out).max() * 10 ** (-1 / 20))


def main() -> None:
    """Write the song and its notes."""
    rng = np.random.default_rng(SEED)
    events = song(rng)
    audio = mix(render(events, rng), rng).T
    target = HERE / "bridge" / "data" / "demo.ogg"
    target.parent.mkdir(exist_ok=True)
    with soundfile.SoundFile(target, "w", RATE, 2, "VORBIS", format="OGG", compression_level=0.5) as file:
        for start in range(0, len(audio), BLOCK):
            file.write(audio[start : start + BLOCK])
    with (HERE / "tests" / "data" / "demo_notes.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["part", "onset", "offset", "pitch", "velocity"])
        for e in events:
            pitch = CLASSES.get(e.drum, e.drum) if e.part == "drums" else e.pitch
            rows.writerow([e.part, f"{e.onset_s:.4f}", f"{e.offset_s:.4f}", pitch, e.velocity])
    print(f"{target}: {target.stat().st_size} bytes, {len(audio) / RATE:.1f} s, {len(events)} notes")


if __name__ == "__main__":
    main()
