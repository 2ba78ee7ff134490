"""The one inference runtime of the core.

OpenVINO, behind a class of one call.

Engines hand over an ONNX file and arrays; threads, precision, the compiled-network cache and the
device's name are decided here, the same for all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from bridge.errors import PluginError
from bridge.inference.compiling import compiled_in, compiled_rewritten, ensured_folder
from bridge.inference.graph_rewrite import Rewrite
from bridge.inference.load_errors import not_loaded
from bridge.inference.malloc import give_back
from bridge.inference.precision import Precision, fastest_precision

Array = npt.NDArray[np.float32]
Made = TypeVar("Made")
TORCH_DEVICES = ("cuda", "mps")
"""Devices of the torch separators. The small networks beside such a separator take the processor then."""
_first_array = threading.Lock()
_loaded: WeakSet[Network] = WeakSet()


def _runtime() -> Any:
    """Return OpenVINO, ready for arrays from several threads.

    At its first array it lets go of Python's lock inside a lock of its own, and takes it again there: two threads with
    their first arrays at once wait for each other for ever (2026.4; a third of the runs with six threads).
    """
    import openvino as ov

    with _first_array:
        ov.Tensor(np.zeros(1, np.float32))
    return ov


class Network:
    """A compiled network, ready to run.

    Args:
        path: the ONNX file.
        device: "auto" or "cpu" for the processor, "gpu" for OpenVINO's GPU; "cuda" and "mps", which are PyTorch's and
            so the torch separators', are as "auto" here.
        precision: "auto" takes what :func:`fastest_precision` says.
        threads: processor threads, 0 for all cores.
        cache: folder that keeps the compiled form, so that the next start does not compile again; done without where
            it cannot be written.
        shape: fixed shape per input, in the network's order; None keeps the file's own.
        rewrite: how the network is made of the file, not together with ``shape``; a mere change of the graph is made
            on the processor alone.

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
        rewrite: Rewrite | None = None,
    ) -> None:
        ov = _runtime()
        try:
            core = ov.Core()
        except (RuntimeError, MemoryError) as e:
            raise not_loaded(path, device, e) from e
        target = "CPU" if device in ("auto", "cpu", *TORCH_DEVICES) else device.upper()
        if target.split(".")[0] not in {d.split(".")[0] for d in core.available_devices}:
            have = ", ".join(sorted(d.lower() for d in core.available_devices))
            message = f'The device "{device}" is not available here; choose one of: auto, {have}.'
            raise PluginError(message, code="device-unavailable")
        self.precision = fastest_precision(target) if precision == "auto" else precision
        properties: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": self.precision,
            "PERFORMANCE_HINT": "LATENCY",
        }
        if target == "CPU":
            # Two networks that run together would be pinned to the same cores.
            properties["ENABLE_CPU_PINNING"] = False
            if threads:
                properties["INFERENCE_NUM_THREADS"] = threads
        cache = ensured_folder(cache)
        if cache is not None:
            properties["CACHE_DIR"] = str(cache)
        try:
            if rewrite is not None and (target == "CPU" or rewrite.read is not None):
                self._compiled = compiled_rewritten(core, path, rewrite, cache, target, properties)
            else:
                # By its path, a network that is in the cache is not even read.
                model: Any = str(path)
                if shape is not None:
                    model = core.read_model(model)
                    model.reshape({port: list(s) for port, s in zip(model.inputs, shape, strict=True)})
                self._compiled = compiled_in(core, model, target, properties)
            self._request = self._compiled.create_infer_request()
        except (RuntimeError, OSError, MemoryError) as e:
            raise not_loaded(path, target, e) from e
        self.device = f"{target} {self.precision} (OpenVINO)"
        _loaded.add(self)

    def input_shape(self, index: int) -> tuple[int, ...]:
        """The shape of an input, as compiled."""
        return tuple(int(n) for n in self._compiled.inputs[index].shape)

    def __call__(self, *inputs: Array) -> list[Array]:
        """The network's outputs, in its own order, for the inputs in its own order; copies, safe to keep."""
        return self.beside(lambda: None, *inputs)[0]

    def beside(self, work: Callable[[], Made], *inputs: Array) -> tuple[list[Array], Made]:
        """Run the network and ``work`` concurrently.

        Return both results. ``work`` must not use this network.
        """
        views, made = self.views_beside(work, *inputs)
        return [np.array(output, dtype=np.float32) for output in views], made

    def views_beside(self, work: Callable[[], Made], *inputs: Array) -> tuple[list[Array], Made]:
        """Do as :meth:`beside`, but the outputs are views that the next run overwrites."""
        self.start(*inputs)
        try:
            made = work()
        except BaseException:
            self.cancel()
            raise
        self._request.wait()
        return self.outputs(), made

    def start(self, *inputs: Array) -> None:
        """Begin to compute and return at once.

        The inputs must stay as they are until :meth:`wait` says True.
        """
        self._request.start_async(list(inputs), share_inputs=True)

    def wait(self, timeout_s: float) -> bool:
        """Return whether what was started is finished, after at most ``timeout_s``."""
        return bool(self._request.wait_for(round(timeout_s * 1000)))

    def outputs(self) -> list[Array]:
        """Return the outputs of the last run, in the network's order; views that the next run overwrites."""
        return [self._request.get_tensor(port).data for port in self._compiled.outputs]

    def rest(self) -> None:
        """Give back the memory in which it computes; the next run takes it again."""
        self._compiled.release_memory()
        give_back()

    def cancel(self) -> None:
        """Give up what was started.

        Returns when the network is at rest.
        """
        self._request.cancel()
        try:
            self._request.wait()
        except RuntimeError:
            # OpenVINO reports the cancellation that was just asked for as an error.
            return


def rest_all() -> None:
    """Give back the memory in which networks compute, of all that compute nothing now."""
    for network in list(_loaded):
        with suppress(RuntimeError):
            network.rest()


def devices() -> list[tuple[str, str]]:
    """Name and description of what networks can run on here, such as ("cpu", "Intel ..., f32")."""
    import openvino as ov

    core = ov.Core()
    rows = []
    for name in core.available_devices:
        text = str(core.get_property(name, "FULL_DEVICE_NAME")).strip()
        rows.append((name.lower(), f"{text}, {fastest_precision(name)}"))
    return rows
