"""A demucs model folder with HTDemucs in its real size and random weights: it costs the time of the real one.

python demucs_repo.py FOLDER    (with the Python that has demucs; writes FOLDER/htdemucs.th)
"""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import torch
from demucs.htdemucs import HTDemucs

SETTINGS = {
    "sources": ["drums", "bass", "other", "vocals"],
    "bottom_channels": 512,
    "dconv_mode": 3,
    "t_layers": 5,
    "segment": Fraction(39, 5),
}
"""What makes HTDemucs of the class's defaults: 41.98 million weights, as in the ONNX file."""


def main() -> None:
    """Write the folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    model = HTDemucs(**SETTINGS)
    package = {"klass": HTDemucs, "args": (), "kwargs": SETTINGS, "state": model.state_dict()}
    torch.save(package, folder / "htdemucs.th")


if __name__ == "__main__":
    main()
