"""The one inference runtime of the core: OpenVINO, behind a class of one call.

Engines hand over an ONNX file and arrays; threads, precision, the compiled-network cache and the
device's name are decided here, the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bridge.errors import PluginError

Array = npt.NDArray[np.float32]
Precision = Literal["auto", "f32", "bf16", "f16"]


class Network:
    """A compiled network, ready to run.

    Args:
        path: the ONNX file.
        device: "auto" or "cpu" for the processor, "gpu" for OpenVINO's GPU.
        precision: "auto" takes bf16 where the processor computes it in hardware, else f32.
        threads: processor threads, 0 for all cores.
        cache: folder that keeps the compiled form, so that the next start does not compile again.
        shape: fixed shape per input, in the network's order; None keeps the file's own.

    Raises:
        PluginError: the file is not a network, or the device is not there.
    """

    def __init__(
        self,
        path: Path,
        *,
        device: str = "auto",
        precision: Precision = "auto",
        threads: int = 0,
        cache: Path | None = None,
        shape: Sequence[Sequence[int]] | None = None,
    ) -> None:
        import openvino as ov

        core = ov.Core()
        target = "CPU" if device in ("auto", "cpu") else device.upper()
        if target.split(".")[0] not in {d.split(".")[0] for d in core.available_devices}:
            have = ", ".join(sorted(d.lower() for d in core.available_devices))
            message = f'The device "{device}" is not available here; choose one of: auto, {have}.'
            raise PluginError(message)
        self.precision = self._precision(core, target, precision)
        properties: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": self.precision,
            "PERFORMANCE_HINT": "LATENCY",
        }
        if target == "CPU" and threads:
            properties["INFERENCE_NUM_THREADS"] = threads
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
            properties["CACHE_DIR"] = str(cache)
        try:
            model = core.read_model(str(path))
            if shape is not None:
                model.reshape({port: list(s) for port, s in zip(model.inputs, shape, strict=True)})
            self._compiled = core.compile_model(model, target, properties)
        except RuntimeError as e:
            message = f"The model {path.name} could not be loaded on {target}; run 'dawscribe doctor'."
            raise PluginError(message) from e
        self._request = self._compiled.create_infer_request()
        self.device = f"{target} {self.precision} (OpenVINO)"

    @staticmethod
    def _precision(core: Any, target: str, wanted: Precision) -> str:
        if wanted != "auto":
            return wanted
        if target != "CPU":
            return "f16"
        return "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"

    def __call__(self, *inputs: Array) -> list[Array]:
        """The network's outputs, in its own order, for the inputs in its own order; copies, safe to keep."""
        outputs = self._request.infer(list(inputs))
        return [np.array(outputs[port], dtype=np.float32) for port in self._compiled.outputs]
