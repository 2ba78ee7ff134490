"""Transcribe the mixes of an evaluation set with the two nets alone, as the draft plan does, and write MIDI for score.py.

    python -m training.band.evaluate hear NETS DATA KEPT     # once per net: NETS/band.onnx, who.onnx; KEPT/<item>.pickle
    python -m training.band.evaluate write KEPT DATA OUT [--onset 0.5] [--rule near_s=6 --rule least=.05]

Drums are left out: score.py's other figures do not need them.
"""

from __future__ import annotations

import argparse
import pickle
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pretty_midi
import soundfile

from bridge.audio.recording import Recording
from bridge.score.instruments.assign import RULE, Rule
from bridge.transcribers.band.decode import THRESHOLDS, Track, notes_of, tracks_of
from bridge.transcribers.band.listen import BandNets, Hearing
from bridge.transcribers.notes.decode import Thresholds


def recording(flac: Path, wav: Path) -> Recording:
    """A working copy of a sound file."""
    x, rate = soundfile.read(flac, dtype="float32", always_2d=True)
    soundfile.write(wav, x, rate, subtype="FLOAT")
    return Recording(wav, rate, x.shape[1], len(x), float(np.sqrt((x**2).mean())), float(np.abs(x).max()))


def hear(nets: Path, data: Path, kept: Path) -> None:
    """Both nets over every mix of the set."""
    kept.mkdir(parents=True, exist_ok=True)
    band = BandNets(nets, None)
    for item in sorted(p for p in data.iterdir() if (p / "mix.flac").exists()):
        audio, begun = recording(item / "mix.flac", kept / "mix.wav"), time.process_time()
        heard = band.listen(audio, audio.rms, "mix")
        (kept / f"{item.name}.pickle").write_bytes(pickle.dumps(heard))
        print(item.name, f"{(time.process_time() - begun) / audio.length_s:.3f} s a second", flush=True)


def write(path: Path, tracks: list[Track]) -> None:
    """The tracks as score.py reads them."""
    song = pretty_midi.PrettyMIDI()
    for track in tracks:
        part = pretty_midi.Instrument(track.named.program, name=track.named.name)
        part.notes = [pretty_midi.Note(n.velocity, n.pitch, n.onset_s, n.offset_s) for n in track.notes]
        song.instruments.append(part)
    song.write(str(path))


def draft(heard: Hearing, thresholds: Thresholds, rule: Rule) -> list[Track]:
    """The tracks of a mix."""
    return tracks_of(*notes_of(heard, thresholds), rule)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("hear", "write"))
    parser.add_argument("first", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--onset", type=float, default=THRESHOLDS.onset)
    parser.add_argument("--repeat", type=float, default=THRESHOLDS.repeat)
    parser.add_argument("--frame", type=float, default=THRESHOLDS.frame)
    parser.add_argument("--rule", action="append", default=[])
    args = parser.parse_args()
    if args.what == "hear":
        hear(args.first, args.data, args.out)
        return
    rule = replace(RULE, **{k: type(getattr(RULE, k))(float(v)) for k, v in (r.split("=") for r in args.rule)})
    args.out.mkdir(parents=True, exist_ok=True)
    for item in sorted(args.first.glob("*.pickle")):
        heard = pickle.loads(item.read_bytes())
        write(args.out / f"{item.stem}.mid", draft(heard, Thresholds(args.onset, args.repeat, args.frame, THRESHOLDS.offset_weight), rule))


if __name__ == "__main__":
    main()
