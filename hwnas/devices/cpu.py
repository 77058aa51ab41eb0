"""The processor of this machine, through ONNX Runtime.

=============== ============================ ==========================================================
option          values (the default first)   meaning
=============== ============================ ==========================================================
threads         1 to the cores there are     threads that run one operator
optimization    all, extended, basic, none   graph optimisation level of ONNX Runtime
spinning        on, off                      whether idle worker threads spin; on is ONNX Runtime's default,
                                             so it is what a user sees who sets nothing
=============== ============================ ==========================================================
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hwnas.contracts.device import Device, DeviceCard, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.devices import _host
from hwnas.devices._load import LoadWatcher, OtherWork
from hwnas.devices._lock import only_measurement
from hwnas.devices._runner import LEVELS, ModelRefusedError, Runner
from hwnas.devices._strings import DeviceString, read_options

PATIENCE_SECONDS = 600.0


def cpu(asked: DeviceString) -> Device:
    """The device of a device string ``cpu[:threads=,optimization=,spinning=]``.

    Raises:
        InputError: an address, an unknown option, or a value it cannot take.
    """
    if asked.address:
        raise InputError(f"Device 'cpu' has no address, got {asked.address!r}; write options as cpu:threads=2.")
    cores = _host.usable_cores()
    allowed = {
        "threads": [str(n) for n in range(1, cores + 1)],
        "optimization": list(LEVELS),
        "spinning": ["on", "off"],
    }
    options = read_options(asked, allowed)
    shown = [f"{k}={v}" for k, v in options.items() if k == "threads" or v != allowed[k][0]]
    return _Cpu(f"cpu:{','.join(shown)}", int(options["threads"]), options["optimization"], options["spinning"])


class _Cpu(Device, LoadWatcher):
    def __init__(self, name: str, threads: int, optimization: str, spinning: str) -> None:
        self._name = name
        self._settings = {"optimization": optimization, "spinning": spinning}
        self._runner = Runner(threads=threads, optimization=optimization, spinning=spinning == "on")
        self._other_work = OtherWork()

    def __repr__(self) -> str:
        return f"<device {self._name}>"

    def card(self) -> DeviceCard:
        return DeviceCard(
            device=self._name,
            processor=_host.processor(),
            cores=_host.usable_cores(),
            memory_bytes=_host.memory_bytes(),
            system=_host.system(),
            runtime=f"onnxruntime {_runtime_version()}",
            provider="CPUExecutionProvider",
            threads=self._runner.threads,
            settings={**self._settings, **_host.clock_settings(), **_host.surroundings()},
        )

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        _runtime_version()
        with only_measurement(PATIENCE_SECONDS):
            self._other_work.start()
            try:
                records = self._runner.measure(
                    [str(model) for model in models],
                    str(reference),
                    rounds=plan.rounds,
                    min_runs=plan.min_runs,
                    min_seconds=plan.min_seconds,
                    warmup_runs=plan.warmup_runs,
                    seed=plan.seed,
                    first_round=plan.first_round,
                )
                for record in records:
                    yield Timing(**record)
            except ModelRefusedError as error:
                raise DeviceError(f"{self._name} refuses a model: {error}; export it again or leave it out.") from error
            finally:
                self._other_work.stop()

    def others_busy(self) -> float | None:
        return self._other_work.processors()


def _runtime_version() -> str:
    try:
        import onnxruntime
    except ImportError as error:
        raise DeviceError(
            f"Device 'cpu' needs onnxruntime, got {error}; install it: pip install onnxruntime."
        ) from error
    return str(onnxruntime.__version__)
