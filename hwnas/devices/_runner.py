"""The timing loop: standard library, numpy and onnxruntime only, so that it can be sent to another machine as it is.

A round times every model once, in an order drawn anew, each between two bursts of the reference model. Whatever
slows the machine for longer than such a group, which lasts some tens of milliseconds, slows both alike, and their
quotient does not see it. What a model's figure is made from are medians over the runs of a burst.
"""

import os
import random
import statistics
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

SETTLE_RUNS = 2  # untimed runs at the start of a burst: they refill the caches that the model before has used
STABLE = 0.02  # warm-up ends when the medians of two neighbouring windows differ by less than this share
MAX_WARMUP_WINDOWS = 10
MAX_SESSION_BYTES = 512 * 2**20  # of model files whose sessions are kept
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
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(bool)": np.bool_,
}


class ModelRefusedError(Exception):
    """The runtime cannot load or run a model; the text names it."""


class Figures(TypedDict):
    """Medians over the runs of one model, and of the reference beside it."""

    runs: int
    wall_ms: float
    reference_wall_ms: float
    cpu_ms: float | None
    reference_cpu_ms: float | None


class Record(Figures):
    """One model in one round; the fields of `hwnas.contracts.device.Timing`."""

    model: int
    round: int


class _Loaded:
    """A session that is ready to run, with its inputs."""

    def __init__(self, path: str, options: object, seed: int) -> None:
        import onnxruntime

        self.path = path
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            rng = np.random.default_rng([seed, zlib.crc32(os.path.basename(path).encode())])  # noqa: PTH119
            self._feeds = {i.name: _example(i.name, i.type, i.shape, rng) for i in self._session.get_inputs()}
        except Exception as error:  # onnxruntime raises a dozen unrelated types
            raise ModelRefusedError(f"{path} cannot be loaded: {_first_line(error)}") from error

    def burst(self, min_runs: int, min_seconds: float) -> tuple[list[int], list[int]]:
        """Wall and thread nanoseconds of at least `min_runs` runs in a row that take at least `min_seconds`."""
        walls: list[int] = []
        cpus: list[int] = []
        run, feeds, wall_clock, cpu_clock = self._session.run, self._feeds, time.perf_counter_ns, time.thread_time_ns
        end = wall_clock() + int(min_seconds * 1e9)
        try:
            while len(walls) < min_runs or wall_clock() < end:
                cpu_before = cpu_clock()
                before = wall_clock()
                run(None, feeds)
                after = wall_clock()
                cpus.append(cpu_clock() - cpu_before)
                walls.append(after - before)
        except Exception as error:
            raise ModelRefusedError(f"{self.path} cannot be run: {_first_line(error)}") from error
        return walls, cpus

    def warm_up(self, runs: int) -> None:
        """At least `runs` runs, then on until two windows of runs agree."""
        self.burst(runs, 0.0)
        window = max(3, runs // 2)
        last = 0.0
        for _ in range(MAX_WARMUP_WINDOWS):
            now = statistics.median(self.burst(window, 0.0)[0])
            if abs(now - last) <= STABLE * now:
                return
            last = now


class Runner:
    """Times models with onnxruntime on this machine's processor; keeps sessions between calls, within bounds."""

    def __init__(self, *, threads: int, optimization: str, spinning: bool) -> None:
        self.threads = threads
        self.optimization = optimization
        self.spinning = spinning
        self._sessions: OrderedDict[tuple[str, int, int, int], _Loaded] = OrderedDict()

    def measure(
        self,
        models: Sequence[str],
        reference: str,
        *,
        rounds: int,
        min_runs: int,
        min_seconds: float,
        warmup_runs: int,
        seed: int,
        first_round: int,
    ) -> Iterator[Record]:
        """Time every model once per round. Raises `ModelRefusedError`."""
        for number in range(first_round, first_round + rounds):
            order = list(range(len(models)))
            random.Random(f"{seed} {number}").shuffle(order)  # noqa: S311 not a secret
            for index in order:
                beside = self._ready(reference, warmup_runs, seed)
                subject = self._ready(models[index], warmup_runs, seed)
                figures = self._time(subject, beside, min_runs, min_seconds)
                yield Record(model=index, round=number, **figures)

    def _time(self, subject: _Loaded, beside: _Loaded, min_runs: int, min_seconds: float) -> Figures:
        half_runs, half_seconds = (min_runs + 1) // 2, min_seconds / 2
        bursts = []
        for loaded, runs, seconds in (
            (beside, half_runs, half_seconds),
            (subject, min_runs, min_seconds),
            (beside, half_runs, half_seconds),
        ):
            loaded.burst(SETTLE_RUNS, 0.0)
            bursts.append(loaded.burst(runs, seconds))
        (walls_0, cpus_0), (walls, cpus), (walls_1, cpus_1) = bursts
        alone = self.threads == 1
        return Figures(
            runs=len(walls),
            wall_ms=_median_ms(walls),
            reference_wall_ms=_median_ms(walls_0 + walls_1),
            cpu_ms=_median_ms(cpus) if alone else None,
            reference_cpu_ms=_median_ms(cpus_0 + cpus_1) if alone else None,
        )

    def _ready(self, path: str, warmup_runs: int, seed: int) -> _Loaded:
        try:
            status = os.stat(path)  # noqa: PTH116
        except OSError as error:
            raise ModelRefusedError(f"{path} cannot be read: {error.strerror}") from error
        key = (path, status.st_mtime_ns, status.st_size, seed)
        if key not in self._sessions:
            loaded = _Loaded(path, self._options(), seed)
            loaded.warm_up(warmup_runs)
            self._sessions[key] = loaded
            while len(self._sessions) > 2 and sum(size for _, _, size, _ in self._sessions) > MAX_SESSION_BYTES:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(key)
        return self._sessions[key]

    def _options(self) -> object:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, LEVELS[self.optimization])
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(self.spinning)))
        options.log_severity_level = 4
        return options


def _example(name: str, kind: str, shape: Sequence[object], rng: np.random.Generator) -> npt.NDArray[Any]:
    """A seeded value for one input: normal for floats, 0 or 1 for integers; open dimensions are 1."""
    if kind not in ELEMENT_TYPES:
        raise TypeError(f"its input {name!r} is a {kind}, which cannot be made up")
    dtype = np.dtype(ELEMENT_TYPES[kind])
    sizes = [size if isinstance(size, int) and size > 0 else 1 for size in shape]
    if dtype.kind == "f":
        return rng.standard_normal(sizes).astype(dtype)
    return rng.integers(0, 2, sizes).astype(dtype)


def _median_ms(nanoseconds: list[int]) -> float:
    return statistics.median(nanoseconds) / 1e6


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
