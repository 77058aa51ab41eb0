"""A device of this machine: ONNX Runtime with one execution provider, in this process."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hwnas.contracts.device import Device, DeviceCard, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError, quoted
from hwnas.devices import _host
from hwnas.devices._energy import meter
from hwnas.devices._facts import Examiner, Facts, Opener, OutputWatcher
from hwnas.devices._footprint import Footprint, can_tell, footprints
from hwnas.devices._load import others_seconds
from hwnas.devices._lock import only_measurement
from hwnas.devices._runner import PATIENCE_SECONDS as RUN_SECONDS
from hwnas.devices._runner import Runner, precedence
from hwnas.devices._session import ModelRefusedError, Operation, ProviderMissingError, Sessions
from hwnas.devices._shares import Shares, ShareWatcher, relative
from hwnas.devices._watchdog import Answer, ModelHungError

PATIENCE_SECONDS = 600.0
TAIL_PASSES, TAIL_RUNS = 4, 25  # 100 runs of a model


class LocalDevice(Device, ShareWatcher, Examiner, Opener, OutputWatcher):
    """Times models on this machine.

    Args:
        name: canonical device string.
        sessions: how models are loaded, and by which provider they are run.
        settings: what else the card should say.
        package: what to install for the provider.
        patience_seconds: see `Runner`.
    """

    def __init__(
        self,
        name: str,
        sessions: Sessions,
        settings: Mapping[str, str],
        package: str,
        patience_seconds: float = RUN_SECONDS,
    ) -> None:
        self._name = name
        self._sessions = sessions
        self._settings = dict(settings)
        self._package = package
        self._patience = patience_seconds
        self._runner = Runner(sessions, others_seconds, patience_seconds)
        self._shares: Shares | None = None

    def __repr__(self) -> str:
        return f"<device {self._name}>"

    def card(self) -> DeviceCard:
        return DeviceCard(
            device=self._name,
            processor=_host.processor(),
            cores=_host.usable_cores(),
            memory_bytes=_host.memory_bytes(),
            system=_host.system(),
            runtime=f"onnxruntime {self._runtime_version()}",
            provider=self._sessions.provider,
            threads=self._sessions.threads,
            settings={**self._settings, **_host.machine()},
        )

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        self._runtime_version()
        with only_measurement(PATIENCE_SECONDS), self._refusals_in_words():
            if self._shares is None:
                self._shares = relative(
                    self._watched(lambda beat: self._sessions.shares(str(reference), beat=beat), reference)
                )
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

    def tells(self) -> frozenset[str]:
        """As `Examiner`; nothing on a system that does not tell what memory a process takes."""
        energy = {"energy_mj"} if self._sessions.on_processor and meter() is not None else set[str]()
        return frozenset({"p95_ms", "p99_ms", *Footprint.__annotations__, *energy}) if can_tell() else frozenset()

    def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
        """As `Examiner`; nothing where it can tell nothing."""
        self._runtime_version()
        if not self.tells():
            return
        paths = [str(model) for model in models]
        with only_measurement(PATIENCE_SECONDS), self._refusals_in_words():
            tails = self._runner.tails(paths, passes=TAIL_PASSES, min_runs=TAIL_RUNS)
            energies = self._energies(paths)
            weighed = footprints(self._sessions, paths, self._patience)
            for path, (p95, p99), energy, footprint in zip(models, tails, energies, weighed, strict=True):
                weight = {"load_ms": footprint["load_ms"], "peak_memory_bytes": footprint["peak_memory_bytes"]}
                yield Facts(path.stat().st_size, {"p95_ms": p95, "p99_ms": p99, **energy, **weight})

    def _energies(self, paths: list[str]) -> list[dict[str, float]]:
        """The figure of each model, where this machine tells it."""
        counters = meter() if self._sessions.on_processor else None
        if counters is None:
            return [{} for _ in paths]
        try:
            return [{"energy_mj": energy} for energy in self._runner.energies(paths, counters)]
        except OSError as error:
            raise DeviceError(
                f"{self._name} cannot read its counters of energy any more: {error.strerror}; "
                "see who may read /sys/class/powercap, and profile again."
            ) from error

    def operations(self, model: Path) -> list[Operation]:
        self._runtime_version()
        with only_measurement(PATIENCE_SECONDS), self._refusals_in_words():
            return self._watched(lambda beat: self._sessions.operations(str(model), beat=beat), model)

    def not_finite(self, model: Path) -> list[str]:
        self._runtime_version()
        with self._refusals_in_words():
            return self._watched(lambda _: self._sessions.not_finite(str(model)), model)

    def _watched(self, look: Callable[[Callable[[str], None]], Answer], model: Path) -> Answer:
        """What `look` finds in a model, unless it hangs."""
        watchdog = self._runner.watchdog

        def work() -> Answer:
            with precedence():
                watchdog.beat(str(model))
                return look(watchdog.beat)

        return watchdog.call(work)

    def shares(self) -> Shares | None:
        return self._shares

    @contextmanager
    def _refusals_in_words(self) -> Iterator[None]:
        try:
            yield
        except ModelRefusedError as error:
            raise DeviceError(f"{self._name} refuses a model: {error}; export it again or leave it out.") from error
        except ModelHungError as error:
            raise DeviceError(
                f"{self._name} hangs: {error}; leave the model out, or allow more with timeout=SECONDS in the device "
                "string."
            ) from error
        except ProviderMissingError as error:
            raise DeviceError(
                f"{self._name} needs {self._sessions.provider}, but {error}; {self._installing()} in place of "
                "onnxruntime, best in an environment of its own whose Python you name with python=PATH, and see that "
                "the provider's own libraries can be found."
            ) from error

    def _installing(self) -> str:
        return f"{'install' if ' ' in self._package else 'pip install'} {self._package}"

    def _runtime_version(self) -> str:
        try:
            import onnxruntime
        except ImportError as error:
            raise DeviceError(
                f"Device {quoted(self._name.partition(':')[0])} needs onnxruntime, got {error}; install it: "
                f"{self._installing()}."
            ) from error
        return str(onnxruntime.__version__)
