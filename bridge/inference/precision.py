"""The precision in which a device computes networks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

Precision = Literal["auto", "f32", "bf16", "f16"]
PRECISIONS = ("auto", "f32", "bf16", "f16")
CPU_FLAGS = Path("/proc/cpuinfo")
"""Linux' list of what the processor can do."""


def fastest_precision(target: str) -> Precision:
    """The precision a device computes fastest without harm to the notes.

    bf16 pays on processors with a matrix unit for it, and on AMD's with bf16 vector instructions (Zen 4 and later),
    which multiply twice as much with them as in f32: HTDemucs takes 1.1 s a segment in bf16 and 1.8 s in f32 on one
    core of an EPYC of Zen 5. Intel's vector instructions for it multiply no faster than in f32 (6.2 s and 4.8 s on
    one core of a Xeon without the unit). Where the unit cannot be asked for (only Linux lists it), f32 is the safe
    choice.
    """
    if target != "CPU":
        return "f16"
    import openvino as ov

    core = ov.Core()
    knows_bf16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") and may_use_bf16()
    return "bf16" if knows_bf16 and bf16_pays(str(core.get_property("CPU", "FULL_DEVICE_NAME")), CPU_FLAGS) else "f32"


def may_use_bf16() -> bool:
    """Return whether the user lets the runtime use instructions that have bf16.

    Where it may not, it claims to know bf16 all the same, and then fails to compile for it (2026.4).
    """
    most = os.environ.get("ONEDNN_MAX_CPU_ISA", "DEFAULT").upper()
    return any(word in most for word in ("DEFAULT", "BF16", "FP16", "AMX", "AVX10"))


def bf16_pays(processor: str, flags: Path) -> bool:
    """Return whether a processor that knows bf16 is faster with it, by its name and the file of its flags."""
    try:
        return processor.startswith("AMD") or "amx_bf16" in flags.read_text(encoding="ascii", errors="ignore")
    except OSError:
        return False
