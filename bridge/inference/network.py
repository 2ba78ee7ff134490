"""The one inference runtime of the core.

OpenVINO, behind a class of one call.

Engines hand over an ONNX file and arrays; threads, precision, the compiled-network cache and the
device's name are decided here, the same for all.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from bridge.errors import PluginError
from bridge.inference.graph_rewrite import Rewrite, rewritten
from bridge.inference.malloc import give_back
from bridge.inference.mapped_pages import forget_pages
from bridge.inference.precision import Precision, fastest_precision
from bridge.inference.seals import drop_damaged, seal_compiled

Array = npt.NDArray[np.float32]
Made = TypeVar("Made")
Kept = TypeVar("Kept")
TORCH_DEVICES = ("cuda", "mps")
"""Devices of the torch separators. The small networks beside such a separator take the processor then."""
TICK_S = 0.2
"""Between two looks at whether the job is still wanted, while a network runs."""
_first_array = threading.Lock()
_loaded: WeakSet[Network] = WeakSet()

NO_MEMORY = ("bad_alloc", "memory", "allocat", "mmap")
"""Words of the errors of a runtime that gets no memory."""
SOME_MEMORY = 64 << 20
"""Bytes that a process must be able to take to load anything here."""
MIN_ADDRESS_BYTES = 3 << 30
"""A limit on a process's addresses below which no network of ours is loaded; the largest takes 2 GB while it is."""


def _not_loaded(path: Path, target: str, error: BaseException) -> PluginError:
    """The error of a network that cannot be loaded; whoever has too little memory is told so."""
    words = str(error).lower()
    if isinstance(error, MemoryError) or any(w in words for w in NO_MEMORY) or _is_short_of_memory():
        message = f"There is not enough memory to load {path.name}; close other programs, or raise ulimit -v."
    else:
        message = f"The model {path.name} could not be loaded on {target}; run 'dawscribe doctor'."
    return PluginError(message, code="network-not-loaded")


def _is_short_of_memory() -> bool:
    """Return whether the process can or may not have what loading takes: some libraries swallow the true reason."""
    if sys.platform != "win32":
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY and limit < MIN_ADDRESS_BYTES:
            return True
    try:
        bytearray(SOME_MEMORY)
    except MemoryError:
        return True
    return False


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
            raise _not_loaded(path, device, e) from e
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
        cache = _ensure_folder(cache)
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
                self._compiled = _compiled_in(core, model, target, properties)
            self._request = self._compiled.create_infer_request()
        except (RuntimeError, OSError, MemoryError) as e:
            raise _not_loaded(path, target, e) from e
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


def run_each(
    network: Network,
    inputs: Iterator[tuple[Array, ...]],
    keep: Callable[[list[Array]], Kept],
    finish: Callable[[Kept], Made],
    on_done: Callable[[int], None],
) -> Iterator[Made]:
    """Run a network over many inputs.

    Beside each run the result before is finished and the next input made.

    While a result is taken, the network rests, and the cores are the taker's. After the last run it has given back
    the memory in which it computed.

    Args:
        network: used by nobody else meanwhile.
        inputs: made one ahead, on this thread.
        keep: copies what is needed of the outputs, which the next run overwrites.
        finish: makes the result.
        on_done: takes the number of finished runs, at least every :data:`TICK_S` of a run; what it raises ends
            everything, the network at rest.
    """
    running = next(inputs, None)
    done = 0
    kept: list[Kept] = []
    while running is not None:
        network.start(*running)
        try:
            made = [finish(kept.pop())] if kept else []
            on_done(done)
            following = next(inputs, None)
            while not network.wait(TICK_S):
                on_done(done)
        except BaseException:
            network.cancel()
            raise
        done += 1
        kept.append(keep(network.outputs()))
        if following is None:
            # What hears the last results has this memory for itself: 190 MB of HTDemucs.
            network.rest()
        yield from made
        running = following
    if kept:
        yield finish(kept.pop())


def _ensure_folder(cache: Path | None) -> Path | None:
    """The folder, None where it cannot be made; that nothing can be written into it, OpenVINO takes by itself."""
    try:
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return cache


def compiled_rewritten(
    core: Any, path: Path, rewrite: Rewrite, cache: Path | None, target: str, properties: dict[str, Any]
) -> Any:
    """A changed network, compiled.

    Where what was kept of it is damaged, it is made again.

    Raises:
        OSError, RuntimeError: the file itself cannot be read or compiled.
    """
    try:
        return _compiled_here(core, rewritten(core, path, rewrite, cache), target, properties)
    except RuntimeError:
        if cache is None:
            raise
        return _compiled_here(core, rewritten(core, path, rewrite, cache, anew=True), target, properties)


def _compiled_here(core: Any, network: Any, target: str, properties: dict[str, Any]) -> Any:
    """A network compiled; its compiled form lies in its own folder, where it has one, and goes with it."""
    if isinstance(network, str):
        # The weights lie in the network's own file: not a second time in what is cached of it.
        properties = {**properties, "CACHE_DIR": str(Path(network).parent), "CACHE_MODE": "OPTIMIZE_SIZE"}
    return _compiled_in(core, network, target, properties)


def _compiled_in(core: Any, network: Any, target: str, properties: dict[str, Any]) -> Any:
    """A network compiled, or read where it was compiled before and is as it was."""
    folder = properties.get("CACHE_DIR")
    if folder is not None:
        drop_damaged(Path(folder))
    compiled = core.compile_model(network, target, properties)
    if folder is not None:
        seal_compiled(Path(folder))
        forget_pages(Path(folder))
    return compiled


def devices() -> list[tuple[str, str]]:
    """Name and description of what networks can run on here, such as ("cpu", "Intel ..., f32")."""
    import openvino as ov

    core = ov.Core()
    rows = []
    for name in core.available_devices:
        text = str(core.get_property(name, "FULL_DEVICE_NAME")).strip()
        rows.append((name.lower(), f"{text}, {fastest_precision(name)}"))
    return rows
