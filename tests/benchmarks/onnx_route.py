"""The same ONNX file on ONNX Runtime, for comparison: separation alone, segments and overlap as in demucs.

python onnx_route.py MODEL.onnx MIX.wav FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile

from bridge.audio.overlap_add import OverlapAdd, centred
from bridge.separators.htdemucs.length import TRAINED as SEGMENT
from bridge.separators.htdemucs.separator import STEMS
from bridge.separators.htdemucs.stft import Spectrogram


def main() -> None:
    """Separate the file."""
    model, mix, folder = map(Path, sys.argv[1:4])
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    samples, rate = soundfile.read(mix, dtype="float32", always_2d=True)
    audio = np.ascontiguousarray(samples.T)
    mono = audio.mean(0)
    mean, deviation = mono.mean(), mono.std(ddof=1) + np.float32(1e-8)
    transform = Spectrogram(SEGMENT)
    length = audio.shape[1]
    offsets = list(range(0, length, int(0.75 * SEGMENT)))
    joined = OverlapAdd(offsets, SEGMENT, length, (len(STEMS), 2))
    pieces = []
    for offset in offsets:
        piece = centred((audio[:, offset : offset + SEGMENT] - mean) / deviation, SEGMENT)
        lead = (SEGMENT - min(SEGMENT, length - offset)) // 2 if length > SEGMENT else 0
        spectra, waves = session.run(None, dict(zip(names, (piece[None], transform.forward(piece)[None]), strict=True)))
        stems = np.stack([w + transform.inverse(s) for w, s in zip(waves[0], spectra[0], strict=True)])
        pieces.append(joined.add(stems[..., lead:]) * deviation + mean)
    folder.mkdir(parents=True, exist_ok=True)
    for number, role in enumerate(STEMS):
        out = np.concatenate([p[number] for p in pieces], 1)
        soundfile.write(folder / f"{role}.wav", out.T, rate, "FLOAT")


if __name__ == "__main__":
    main()
