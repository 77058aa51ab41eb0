"""Sessions of ONNX Runtime: how a model is loaded, what it is fed, and which execution provider really runs it.

ONNX Runtime hands what a provider cannot run to the processor, and says nothing; it even starts without a provider that
fails. So every session is asked who got which nodes, and a model of which the wanted provider runs nothing is refused.

This file and `_runner` need the standard library, numpy and onnxruntime only, so that they work on other machines.
"""

import base64
import io
import json
import os
import statistics
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from hwnas.contracts.device import INPUTS_KEY
from hwnas.contracts.temporary import temporary_folder

CPU = "CPUExecutionProvider"
HOST_MEMORY = "cpu"  # there is only one
INDEX = "device_id"  # the option by which providers tell several devices of a kind apart
SILENT = 4  # of ONNX Runtime's log levels: what matters is raised
PROFILED_RUNS = 11  # to see where time goes; the first one, which prepares things, does not count
LEVELS = {
    "all": "ORT_ENABLE_ALL",
    "extended": "ORT_ENABLE_EXTENDED",
    "basic": "ORT_ENABLE_BASIC",
    "none": "ORT_DISABLE_ALL",
}
ELEMENT_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(int16)": np.int16,
    "tensor(int8)": np.int8,
    "tensor(uint64)": np.uint64,
    "tensor(uint32)": np.uint32,
    "tensor(uint16)": np.uint16,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}


def _unheard(_path: str) -> None:
    """For who does not listen."""


class ModelRefusedError(Exception):
    """The runtime cannot load or run a model; the text names it."""


class ProviderMissingError(Exception):
    """The runtime has no such execution provider, or could not start it; the text says what it has."""


class Share(TypedDict):
    """What one execution provider did of a model: nodes of the graph given to it, and milliseconds of one run."""

    nodes: int
    time_ms: float


class Operation(TypedDict):
    """One operation of a run: where it comes from, its kind, the shapes of its first input and output and of its
    weights (empty where there are none), and the median of its milliseconds over runs.
    """

    name: str
    kind: str
    provider: str
    inputs: list[int]
    weights: list[int]
    outputs: list[int]
    time_ms: float


@dataclass(frozen=True)
class Sessions:
    """How models are loaded.

    Args:
        threads: that run one operator.
        optimization: graph optimisation level, see `LEVELS`.
        spinning: whether idle threads spin.
        arena: whether memory comes from an arena that only grows.
        provider: execution provider that must run at least a part of every model.
        provider_options: handed to it.
        memory: kind of memory where inputs and outputs stay bound, such as ``cuda``; empty: passed in and out.
        on_processor: whether the provider computes on the processor, so that its time says something.
        own_pool: whether `threads` are a pool of the provider's own, so that the runtime's must not get in its way.
        second: provider that is offered what `provider` cannot run, before the processor is, where the runtime has it.
    """

    threads: int = 1
    optimization: str = "all"
    spinning: bool = True
    arena: bool = True
    provider: str = CPU
    provider_options: Mapping[str, str] = field(default_factory=dict)
    memory: str = ""
    on_processor: bool = True
    own_pool: bool = False
    second: str = ""

    @property
    def alone(self) -> bool:
        """Whether the calling thread does all the work."""
        return self.on_processor and self.threads == 1

    def load(self, path: str, seed: int) -> Callable[[], object]:
        """A run of the model at `path`, ready to be called, with inputs drawn from `seed`.

        Raises:
            ModelRefusedError: the model cannot be loaded, or the provider runs none of its nodes.
            ProviderMissingError: see there.
        """
        session = self._open(path, self._options())
        run = self._prepared(session, path, seed)
        if self.provider != CPU:
            nodes = _placement(session) or {name: share["nodes"] for name, share in self.shares(path, seed).items()}
            if not nodes.get(self.provider):
                ran = ", ".join(f"{name} takes {count}" for name, count in nodes.items())
                raise ModelRefusedError(f"{path} has no node that {self.provider} can run ({ran})")
        return run

    def not_finite(self, path: str, seed: int = 0) -> list[str]:
        """Names of the outputs with NaN or infinity for inputs drawn from `seed`. Raises as `load`."""
        session = self._open(path, self._options())
        try:
            values = session.run(None, _feeds(session, path, seed), self._running)
        except Exception as error:
            raise ModelRefusedError(f"{path} cannot be run: {first_line(error)}") from error
        named = zip([output.name for output in session.get_outputs()], values, strict=True)
        floats = {name: x for name, x in named if isinstance(x, np.ndarray) and x.dtype.kind == "f"}
        return [name for name, x in floats.items() if not np.isfinite(x).all()]

    def example(self, path: str, seed: int) -> dict[str, npt.NDArray[Any]]:
        """The inputs, by name, that a model is timed with under this seed. Raises as `load`."""
        session = self._open(path, self._options())
        try:
            return _feeds(session, path, seed)
        except Exception as error:
            raise ModelRefusedError(f"{path} cannot be loaded: {first_line(error)}") from error

    def answer(self, path: str, feeds: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """What a model of one output gives for these inputs. Raises as `load`."""
        session = self._open(path, self._options())
        try:
            given: npt.NDArray[Any] = session.run(None, dict(feeds), self._running)[0]
        except Exception as error:
            raise ModelRefusedError(f"{path} cannot be run: {first_line(error)}") from error
        return given

    def shares(self, path: str, seed: int = 0, beat: Callable[[str], None] = _unheard) -> dict[str, Share]:
        """What each execution provider does of a model, by name; in a session of its own, since profiling slows it.
        `beat` hears the path before each run.

        Nodes are those of the graph as it is offered to the providers, where the runtime tells (from 1.24 on); else
        kernels, and then whatever a provider compiles into one kernel counts as one. Raises as `load`.
        """
        session, events = self._profiled(path, seed, beat)
        shares = kernels(events)
        placed = _placement(session)
        if placed:
            for name in {*shares, *placed}:
                shares.setdefault(name, Share(nodes=0, time_ms=0.0))["nodes"] = placed.get(name, 0)
        return shares

    def operations(self, path: str, seed: int = 0, beat: Callable[[str], None] = _unheard) -> list[Operation]:
        """What one run of a model consists of, in order, as the optimised graph is run; `beat` hears the path before
        each run. Raises as `load`.
        """
        return operations(self._profiled(path, seed, beat)[1])

    def _profiled(self, path: str, seed: int, beat: Callable[[str], None]) -> tuple[Any, list[dict[str, Any]]]:
        """A session of its own, since profiling slows it, and the events of its first `PROFILED_RUNS` runs."""
        with temporary_folder() as folder:
            options = self._options()
            options.enable_profiling = True
            options.profile_file_prefix = os.path.join(folder, "profile")  # noqa: PTH118
            session = self._open(path, options)
            run = self._prepared(session, path, seed)
            try:
                for _ in range(PROFILED_RUNS):
                    beat(path)
                    run()
            except Exception as error:
                raise ModelRefusedError(f"{path} cannot be run: {first_line(error)}") from error
            finally:
                events_file = session.end_profiling()
            with open(events_file, encoding="utf-8") as file:  # noqa: PTH123
                return session, json.load(file)

    def _prepared(self, session: Any, path: str, seed: int) -> Callable[[], object]:  # noqa: ANN401 an untyped library's
        try:
            feeds, running = _feeds(session, path, seed), self._running
            if self.memory:
                return _bound(session, feeds, self.memory, self._memory_index, running)
            return lambda: session.run(None, feeds, running)
        except Exception as error:  # onnxruntime raises a dozen unrelated types
            raise ModelRefusedError(f"{path} cannot be loaded: {first_line(error)}") from error

    @property
    def _memory_index(self) -> int:
        """Which of several devices with such a memory the provider computes on."""
        return 0 if self.memory == HOST_MEMORY else int(self.provider_options.get(INDEX, 0))

    def stop(self, now: bool) -> None:  # noqa: FBT001  its only argument
        """End whatever is being run, from another thread, and every run until this is taken back."""
        self._running.terminate = now

    @cached_property
    def _running(self) -> Any:  # noqa: ANN401 an untyped library's
        """What all runs look at to see whether they are to stop."""
        import onnxruntime

        running = onnxruntime.RunOptions()
        running.log_severity_level = SILENT
        return running

    def _open(self, path: str, options: Any) -> Any:  # noqa: ANN401 an untyped library's
        import onnxruntime

        version, there = onnxruntime.__version__, onnxruntime.get_available_providers()
        if self.provider not in there:
            raise ProviderMissingError(f"onnxruntime {version} has {', '.join(there)} only")
        wanted: list[Any] = [] if self.provider == CPU else [(self.provider, dict(self.provider_options))]
        if self.second in there:
            same = {key: value for key, value in self.provider_options.items() if key == INDEX}
            wanted.append((self.second, same))
        try:
            session = onnxruntime.InferenceSession(path, options, providers=[*wanted, CPU])
        except Exception as error:
            raise ModelRefusedError(f"{path} cannot be loaded: {first_line(error)}") from error
        started = session.get_providers()
        if started[0] != self.provider:
            raise ProviderMissingError(f"onnxruntime {version} could not start it and fell back to {started[0]}")
        return session

    def _options(self) -> Any:  # noqa: ANN401 an untyped library's
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1 if self.own_pool else self.threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, LEVELS[self.optimization])
        options.enable_cpu_mem_arena = self.arena
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(self.spinning)))
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
        options.log_severity_level = SILENT
        return options


def _placement(session: Any) -> dict[str, int]:  # noqa: ANN401 an untyped library's
    """Nodes of the graph given to each provider; empty where the runtime is too old to tell."""
    if not hasattr(session, "get_provider_graph_assignment_info"):
        return {}
    counts: dict[str, int] = {}
    for part in session.get_provider_graph_assignment_info():
        counts[part.ep_name] = counts.get(part.ep_name, 0) + len(part.get_nodes())
    return counts


def kernels(events: Sequence[Mapping[str, Any]]) -> dict[str, Share]:
    """Kernels and milliseconds of one run per provider, from the runtime's profile of `PROFILED_RUNS` runs.

    A kernel runs once per run, or more often in a loop; the first occurrences, of the first run, are left out.
    """
    times: dict[tuple[str, str], list[float]] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            place = (event["args"].get("provider") or CPU, event["args"].get("node_index") or event["name"])
            times.setdefault(place, []).append(event["dur"] / 1000)
    shares: dict[str, Share] = {}
    for (provider, _), durations in times.items():
        share = shares.setdefault(provider, Share(nodes=0, time_ms=0.0))
        share["nodes"] += 1
        share["time_ms"] += sum(durations[len(durations) // PROFILED_RUNS :]) / (PROFILED_RUNS - 1)
    return shares


def operations(events: Sequence[Mapping[str, Any]]) -> list[Operation]:
    """Operations in the order of their first run, from the runtime's profile; the first run does not count."""
    times: dict[str, list[float]] = {}
    by_name: dict[str, Operation] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            arguments, name = event["args"], event["name"].removesuffix("_kernel_time")
            ins, outs = ([_shape(x) for x in arguments.get(f"{way}_type_shape", [])] for way in ("input", "output"))
            times.setdefault(name, []).append(event["dur"] / 1000)
            by_name[name] = Operation(
                name=name, kind=arguments["op_name"], provider=arguments.get("provider") or CPU, time_ms=0.0,
                inputs=ins[0] if ins else [], weights=ins[1] if len(ins) > 1 else [], outputs=outs[0] if outs else [],
            )  # fmt: skip
    for name, operation in by_name.items():
        per_run = len(times[name]) // PROFILED_RUNS or 1
        later = times[name][per_run:] or times[name]
        operation["time_ms"] = statistics.median(later) * per_run
    return list(by_name.values())


def _shape(typed: Mapping[str, list[int]]) -> list[int]:
    return next(iter(typed.values()), [])


def _bound(
    session: Any,  # noqa: ANN401 an untyped library's
    feeds: Mapping[str, npt.NDArray[Any]],
    memory: str,
    index: int,
    running: Any,  # noqa: ANN401
) -> Callable[[], object]:
    """A run whose inputs and outputs stay in the memory of the `index`-th such device, so that no copying is timed."""
    import onnxruntime

    binding = session.io_binding()
    for name, value in feeds.items():
        binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(value, memory, index))
    for output in session.get_outputs():
        binding.bind_output(output.name, memory, index)

    def run() -> None:
        session.run_with_iobinding(binding, running)
        binding.synchronize_outputs()

    return run


def _feeds(session: Any, path: str, seed: int) -> dict[str, npt.NDArray[Any]]:  # noqa: ANN401 an untyped library's
    encoded = session.get_modelmeta().custom_metadata_map.get(INPUTS_KEY)
    if encoded:
        with np.load(io.BytesIO(base64.b64decode(encoded)), allow_pickle=False) as values:
            return {i.name: values[i.name] for i in session.get_inputs()}
    rng = np.random.default_rng([seed, zlib.crc32(os.path.basename(path).encode())])  # noqa: PTH119
    return {i.name: _example(i.name, i.type, i.shape, rng) for i in session.get_inputs()}


def _example(name: str, kind: str, shape: Sequence[object], rng: np.random.Generator) -> npt.NDArray[Any]:
    """A seeded value for one input: normal for floats, 0 or 1 for integers; open dimensions are 1."""
    if kind not in ELEMENT_TYPES:
        raise TypeError(f"its input {name!r} is a {kind}, which cannot be made up")
    dtype = np.dtype(ELEMENT_TYPES[kind])
    sizes = [size if isinstance(size, int) and size > 0 else 1 for size in shape]
    if dtype.kind == "f":
        return rng.standard_normal(sizes).astype(dtype)
    return rng.integers(0, 2, sizes).astype(dtype)


def first_line(error: Exception) -> str:
    """What an error says, in one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
