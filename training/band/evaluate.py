"""Transcribe the mixes of an evaluation set with the two nets alone, as the draft plan does, for score.py.

    python -m training.band.evaluate look NETS DATA SEEN [--stems RESULTS]   # once per first net
    python -m training.band.evaluate hear NETS SEEN HEARD                    # once per second net (NETS/who.onnx)
    python -m training.band.evaluate write HEARD DATA OUT [--onset 0.5] [--rule near_s=6 --rule least=.05]

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
from bridge.note_maps.decode import Thresholds
from bridge.note_maps.features import FPS
from bridge.score.instruments.assign import RULE, Rule
from bridge.transcribers.band import listen
from bridge.transcribers.band.decode import THRESHOLDS, Track, notes_of, tracks_of
from bridge.transcribers.band.join import MIX_SHARE, joined
from bridge.transcribers.band.listen import BandNets
from bridge.transcribers.band.verdict import Hearing, told_together


def recording(flac: Path, wav: Path) -> Recording:
    """A working copy of a sound file."""
    return written(*soundfile.read(flac, dtype="float32", always_2d=True), wav)


def written(x: np.ndarray, rate: int, wav: Path) -> Recording:
    """A working copy of sound (samples, channels)."""
    soundfile.write(wav, x, rate, subtype="FLOAT")
    return Recording(wav, rate, x.shape[1], len(x), float(np.sqrt((x**2).mean())), float(np.abs(x).max()))


def look(nets: Path, data: Path, kept: Path, stems: Path | None) -> None:
    """The first net over every mix of the set, and over STEMS/<item>/stems/other.wav where there is one."""
    kept.mkdir(parents=True, exist_ok=True)
    band = BandNets(nets, None)
    for item in sorted(p for p in data.iterdir() if (p / "mix.flac").exists()):
        audio, begun = recording(item / "mix.flac", kept / "mix.wav"), time.process_time()
        sources = {"mix": audio}
        other = stems / item.name / "stems" / "other.wav" if stems else None
        if other is not None and other.exists():
            sources["other"] = recording(other, kept / "stem.wav")
        for role, source in sources.items():
            target = kept / f"{item.name}.{role}.seen"
            if not target.exists():
                small = [replace(s, crops=s.crops.astype(np.float16)) for s in band.look(source, audio.rms, role)]
                target.write_bytes(pickle.dumps(small))
        print(item.name, f"{(time.process_time() - begun) / audio.length_s:.3f} s a second", flush=True)


def hear(nets: Path, seen: Path, kept: Path, verdict: float) -> None:
    """The second net over all that was seen."""
    kept.mkdir(parents=True, exist_ok=True)
    listen.VERDICT = verdict
    band = BandNets(nets, None)
    for path in sorted(seen.glob("*.seen")):
        pieces = pickle.loads(path.read_bytes())
        judged = (band.judged(replace(p, crops=p.crops.astype(np.float32))).later(p.first / FPS) for p in pieces)
        item, role = path.name.rsplit(".", 2)[:2]
        name = f"{item}.pickle" if role == "mix" else f"{item}.other"
        (kept / name).write_bytes(pickle.dumps(told_together(judged)))


def write(path: Path, tracks: list[Track], rest: Path | None = None) -> None:
    """The tracks as score.py reads them; with the drums, the bass and the singer of another file."""
    song = pretty_midi.PrettyMIDI()
    if rest is not None:
        others = pretty_midi.PrettyMIDI(str(rest)).instruments
        song.instruments += [i for i in others if i.is_drum or i.name in ("Bass", "Vocals")]
    for track in tracks:
        part = pretty_midi.Instrument(track.named.program, name=track.named.name)
        part.notes = [pretty_midi.Note(n.velocity, n.pitch, n.onset_s, n.offset_s) for n in track.notes]
        song.instruments.append(part)
    song.write(str(path))


def draft(heard: Hearing, thresholds: Thresholds, rule: Rule, *, whole: bool = True) -> list[Track]:
    """The tracks of a mix, or of a stem without bass."""
    return tracks_of(*notes_of(heard, thresholds), rule, whole=whole)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("look", "hear", "write"))
    parser.add_argument("first", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--stems", type=Path, help="results of the separating plan, with their stems and MIDI files")
    parser.add_argument(
        "--best", action="store_true", help="bass, vocals and drums of those results, the band for other"
    )
    parser.add_argument("--verdict", type=float, default=listen.VERDICT)
    parser.add_argument("--share", type=float, default=MIX_SHARE)
    parser.add_argument("--onset", type=float, default=THRESHOLDS.onset)
    parser.add_argument("--repeat", type=float, default=THRESHOLDS.repeat)
    parser.add_argument("--frame", type=float, default=THRESHOLDS.frame)
    parser.add_argument("--rule", action="append", default=[])
    args = parser.parse_args()
    if args.what == "look":
        look(args.first, args.data, args.out, args.stems)
        return
    if args.what == "hear":
        hear(args.first, args.data, args.out, args.verdict)
        return
    rule = replace(RULE, **{k: type(getattr(RULE, k))(float(v)) for k, v in (r.split("=") for r in args.rule)})
    args.out.mkdir(parents=True, exist_ok=True)
    for item in sorted(args.first.glob("*.pickle")):
        heard = pickle.loads(item.read_bytes())
        thresholds = Thresholds(args.onset, args.repeat, args.frame, THRESHOLDS.offset_weight)
        if args.best:
            other = item.with_suffix(".other")
            midi = next(iter(sorted((args.stems / item.stem).glob("*.mid"))), None) if other.exists() else None
            if midi is None:
                continue
            heard = (
                joined(pickle.loads(other.read_bytes()), heard, args.share)
                if args.share >= 0
                else pickle.loads(other.read_bytes())
            )
            write(args.out / f"{item.stem}.mid", draft(heard, thresholds, rule, whole=False), midi)
        else:
            write(args.out / f"{item.stem}.mid", draft(heard, thresholds, rule))


if __name__ == "__main__":
    main()
