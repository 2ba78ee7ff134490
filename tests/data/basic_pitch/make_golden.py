"""What the basic-pitch package hears in three recordings, pinned for tests/transcribers/test_basic_pitch.py.

In an environment of its own, where TensorFlow is not needed (the package runs its ONNX file too):

    pip install --no-deps basic-pitch==0.4.0
    pip install librosa onnxruntime mir_eval pretty_midi resampy
    python tests/data/basic_pitch/make_golden.py ../shared/eval/data

Writes posteriors.npz (every ``STRIDE``th frame, in units of ``UNIT``) and notes.json (the package's notes with its
default settings, as [first frame, frame after the last, MIDI pitch]) beside this file.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

CLIPS = ("slakh_Track00001", "render_modern_motion", "song_OnTheRun")
"""A recording made with sampled instruments, a rendered MIDI song, and a real one with a singer."""
LENGTH_S = 8
STRIDE = 11
"""Frames; a prime, so that all places within a window come up."""
UNIT = 1e-4
"""A tenth of the difference that is allowed."""


def main(data: Path) -> None:
    """Listen to the clips in ``data``."""
    import numpy as np
    import soundfile
    from basic_pitch import FilenameSuffix, build_icassp_2022_model_path
    from basic_pitch.inference import Model, run_inference
    from basic_pitch.note_creation import output_to_notes_polyphonic

    model = Model(build_icassp_2022_model_path(FilenameSuffix.onnx))
    arrays, notes = {}, {}
    for clip in CLIPS:
        with tempfile.TemporaryDirectory() as folder:
            samples, rate = soundfile.read(data / clip / "mix.flac")
            soundfile.write(Path(folder) / "clip.wav", samples[: LENGTH_S * rate], rate, "FLOAT")
            heard = run_inference(Path(folder) / "clip.wav", model)
        for name in ("note", "onset"):
            arrays[f"{clip}/{name}"] = np.round(heard[name][::STRIDE] / UNIT).astype(np.uint16)
        found = output_to_notes_polyphonic(
            heard["note"], heard["onset"], 0.5, 0.3, min_note_len=11, infer_onsets=True, max_freq=None, min_freq=None
        )
        notes[clip] = sorted([int(start), int(end), int(pitch)] for start, end, pitch, _ in found)
    here = Path(__file__).parent
    np.savez_compressed(here / "posteriors.npz", **arrays)
    lines = ",\n".join(f'  "{clip}": {json.dumps(rows)}' for clip, rows in notes.items())
    (here / "notes.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
