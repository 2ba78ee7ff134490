"""Make a set like shared/eval's from MIDI songs and a soundfont that training never uses.

    python -m training.check_set OUT --songs FOLDER [--songs FOLDER] --soundfont TimGM6mb.sf2 [--count 16]

writes OUT/<song>/{mix.flac,notes.csv,meta.json}: an excerpt of up to COUNT songs of each folder that have drums,
rendered by fluidsynth; meta.json says at which second of the song it begins. It is for checking a change on more than
the few annotated recordings: transcribe each mix, then `score.py RESULTS --data OUT`.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import tempfile
from itertools import islice
from pathlib import Path

import numpy as np
import pretty_midi
import soundfile

from training.notes.songs import KEPT_APART

EXCERPT_S = 24.0
MIN_STROKES = 40
"""Of an excerpt that is worth its place."""
BASSES = range(32, 40)
"""General MIDI programs."""
RATE = 44100
PIECES = {
    "kick": (35, 36),
    "snare": (37, 38, 39, 40),
    "hihat": (42, 44, 46),
    "tom": (41, 43, 45, 47, 48, 50),
    "cymbal": (49, 51, 52, 53, 55, 57, 59),
}
PIECE_OF = {key: piece for piece, keys in PIECES.items() for key in keys}
Row = tuple[str, float, float, str, str]


def rows_of(song: pretty_midi.PrettyMIDI, start_s: float) -> list[Row]:
    """Part, onset, offset, pitch or piece, and program of everything that begins in the excerpt."""
    rows = []
    for instrument in song.instruments:
        part = "drums" if instrument.is_drum else "bass" if instrument.program in BASSES else "other"
        for note in instrument.notes:
            onset_s, offset_s = note.start - start_s, min(note.end - start_s, EXCERPT_S)
            pitch = PIECE_OF.get(note.pitch, "") if instrument.is_drum else str(note.pitch)
            if 0 <= onset_s < EXCERPT_S - 0.1 and pitch:
                program = "" if instrument.is_drum else str(instrument.program)
                rows.append((part, round(onset_s, 4), round(offset_s, 4), pitch, program))
    return sorted(rows, key=lambda row: row[1:])


def sound_of(song: Path, soundfont: Path, start_s: float) -> np.ndarray:
    """The excerpt, (samples, 2)."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "song.wav"
        command = ["fluidsynth", "-ni", "-g", "0.5", "-r", str(RATE), "-F", str(wav), str(soundfont), str(song)]
        subprocess.run(command, check=True, capture_output=True)
        samples, _ = soundfile.read(wav, start=round(start_s * RATE), frames=round(EXCERPT_S * RATE))
    return np.asarray(samples / max(1.0, np.abs(samples).max() / 0.98))


def write_item(path: Path, soundfont: Path, out: Path, rng: np.random.Generator) -> bool:
    """Write one song's excerpt; whether it was fit for it."""
    song = pretty_midi.PrettyMIDI(str(path))
    latest_s = song.get_end_time() - EXCERPT_S - 2
    if path.stem in KEPT_APART or latest_s < 4:
        return False
    start_s = float(rng.uniform(2, latest_s))
    rows = rows_of(song, start_s)
    parts = [row[0] for row in rows]
    if parts.count("drums") < MIN_STROKES:
        return False
    item = out / path.stem
    item.mkdir(parents=True, exist_ok=True)
    soundfile.write(item / "mix.flac", sound_of(path, soundfont, start_s), RATE)
    with (item / "notes.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("part", "onset", "offset", "pitch", "program"), *rows])
    scored = ["drums", *(["bass"] if "bass" in parts else []), "other", "pitched"]
    meta = {"source": f"{path.name} with {soundfont.name}", "scored": scored, "start_s": start_s}
    (item / "meta.json").write_text(json.dumps(meta))
    return True


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--songs", type=Path, action="append", required=True)
    parser.add_argument("--soundfont", type=Path, required=True)
    parser.add_argument("--count", type=int, default=16)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    for folder in args.songs:
        songs = rng.permutation(np.array(sorted(folder.glob("*.mid")), dtype=object))
        fit = (path for path in songs if write_item(path, args.soundfont, args.out, rng))
        print(folder, len(list(islice(fit, args.count))))


if __name__ == "__main__":
    main()
