"""The timing loop.

A round times every model once, in an order drawn anew, in turns with the reference model: stretches of a few
milliseconds, and the model's figure is the median over its stretches of its time as a multiple of the reference's
before and after. A virtual machine changes its speed within a tenth of a second; whatever lasts longer than a stretch
slows both alike, and the quotient does not see it.

A model lies elsewhere in memory each time it is loaded, and is one or two per cent faster or slower for it (standard
deviation, see benchmarks/loading_anew.py) for as long as it is loaded. So models and reference are loaded anew between
rounds, as often as that takes at most a quarter of the time they run: then this difference is noise that rounds
average, and not an error of the session that no number of rounds would show.

Where the system allows it, models run with precedence over other processes. Beside four busy ones on two cores a 3 ms
network then takes the processor time it takes alone; without, 30 % more, for an interruption costs it its caches. Linux
with autogroups (kernel.sched_autogroup_enabled, usual on desktops) shares the processors by login session first, and
precedence then counts within a session only; the group's share is the session's, so we leave it alone.
"""

import os
import random
import statistics
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, pairwise
from typing import TypedDict

from hwnas.devices._energy import Meter
from hwnas.devices._session import ModelRefusedError, Sessions, first_line
from hwnas.devices._watchdog import Watchdog

# That a model runs at least before it is the other's turn. Of a 5 ms network, rounds with two runs in a stretch spread
# by a quarter less than with three, in as much time.
STRETCH_SECONDS, STRETCH_RUNS = 0.004, 2
SETTLE_SECONDS, SETTLE_RUNS = 0.0005, 1  # and untimed before that: they refill the caches that the other has used
STABLE = 0.02  # warm-up ends when the medians of two neighbouring windows differ by less than this share
MAX_WARMUP_WINDOWS = 10
RATIOS_OF_A_ROUND, RATIOS_KEPT = 25, 400  # single runs that tell of a model's tail
ENERGY_SECONDS, ENERGY_RUNS = 0.5, 3  # its counters move about once in a millisecond
LOADING_SHARE = 0.25  # of a model's running time that may go into loading it anew
PATIENCE_SECONDS = 300.0  # for one run of a model
FIRST = -20  # the nice value that goes before all others
MIN_SESSION_BYTES = 512 * 2**20  # of model files whose sessions are kept at least; a session takes thrice as much,
SESSION_SHARE = 1 / 8  # so this share of the machine's memory is kept if that is more


class Figures(TypedDict):
    """Of one model in one round, and of the reference beside it; see `_figures`."""

    runs: int
    wall_ms: float
    reference_wall_ms: float
    cpu_ms: float | None  # none of several threads, and none where the clock of processor time is too coarse
    reference_cpu_ms: float | None
    others_busy: float | None


class Record(Figures):
    """One model in one round; the fields of `hwnas.contracts.device.Timing`."""

    model: int
    round: int


@dataclass
class _Account:
    """Seconds that went into loading a model and into running it, and its latest runs' wall times, as multiples of the
    median of those beside them.
    """

    loading: float = 0.0
    running: float = 0.0
    ratios: deque[float] = field(default_factory=lambda: deque(maxlen=RATIOS_KEPT))

    @property
    def allows(self) -> bool:
        """Whether it may be loaded once more."""
        return self.loading <= LOADING_SHARE * self.running

    def keep(self, path: str, stretches: Sequence[Sequence[int]]) -> None:
        """Some of the runs of these stretches of the model at `path`, for its tail. Raises as `_moved`."""
        middles = _moved(path, stretches)
        ratios = (wall / middle for walls, middle in zip(stretches, middles, strict=True) for wall in walls)
        self.ratios.extend(islice(ratios, RATIOS_OF_A_ROUND))


class _Loaded:
    """A session that is ready to run, with its inputs; says so before each run, and keeps account of them."""

    def __init__(self, path: str, run: Callable[[], object], beat: Callable[[str], None], account: _Account) -> None:
        self.path = path
        self._run = run
        self._beat = beat
        self.account = account

    def burst(self, min_runs: int, min_seconds: float) -> tuple[list[int], list[int]]:
        """Wall and thread nanoseconds of at least `min_runs` runs in a row that take at least `min_seconds`."""
        walls: list[int] = []
        cpus: list[int] = []
        run, beat, wall_clock, cpu_clock = self._run, self._beat, time.perf_counter_ns, time.thread_time_ns
        began = wall_clock()
        end = began + int(min_seconds * 1e9)
        try:
            while len(walls) < min_runs or wall_clock() < end:
                beat(self.path)
                cpu_before = cpu_clock()
                before = wall_clock()
                run()
                after = wall_clock()
                cpus.append(cpu_clock() - cpu_before)
                walls.append(after - before)
        except Exception as error:
            raise ModelRefusedError(f"{self.path} cannot be run: {first_line(error)}") from error
        self.account.running += (wall_clock() - began) / 1e9
        return walls, cpus

    def settle(self) -> None:
        """Run untimed, after another model has."""
        self.burst(SETTLE_RUNS, SETTLE_SECONDS)

    def warm_up(self, runs: int) -> None:
        """At least `runs` runs, then on until two windows of runs agree."""
        self.burst(runs, 0.0)
        window = max(3, runs // 2)
        last = 0.0
        for _ in range(MAX_WARMUP_WINDOWS):
            (now,) = _moved(self.path, [self.burst(window, 0.0)[0]])
            if abs(now - last) <= STABLE * now:
                return
            last = now


class Runner:
    """Times models with onnxruntime on this machine; keeps sessions between calls, within bounds.

    Args:
        sessions: how models are loaded.
        others_seconds: tells the processor time that others have taken so far, or None.
        patience_seconds: that a model may take to be loaded, or for one run, before it counts as hung.
    """

    def __init__(
        self,
        sessions: Sessions,
        others_seconds: Callable[[], float | None] = lambda: None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.sessions = sessions
        self._others_seconds = others_seconds
        self.watchdog = Watchdog(patience_seconds, sessions.stop)
        self._loaded: OrderedDict[tuple[str, int, int, int], _Loaded] = OrderedDict()
        self._accounts: dict[tuple[str, int, int], _Account] = {}

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
        """Time every model once per round. Raises as `Sessions.load` and `Watchdog.call`."""

        def group(index: int) -> Figures:
            with precedence():
                beside = self._ready(reference, warmup_runs, seed)
                subject = self._ready(models[index], warmup_runs, seed)
                began, before = time.monotonic(), self._others_seconds()
                figures = self._time(subject, beside, min_runs, min_seconds)
                after, seconds = self._others_seconds(), time.monotonic() - began
                if before is not None and after is not None and seconds > 0:
                    figures["others_busy"] = max(0.0, after - before) / seconds
                return figures

        for number in range(first_round, first_round + rounds):
            order = list(range(len(models)))
            random.Random(f"{seed} {number}").shuffle(order)  # noqa: S311 not a secret
            for index in order:
                yield Record(model=index, round=number, **self.watchdog.call(partial(group, index)))

    def tails(self, models: Sequence[str], *, passes: int, min_runs: int) -> list[tuple[float, float]]:
        """95th and 99th percentile of single runs' wall times per model, as multiples of their median.

        What was run in timing a model counts; where that is too little, passes over the models take `min_runs` more of
        each. The runs of a burst are divided by their own median first, so that a machine that changes speed between
        bursts does not look like a model with a tail.
        """

        def pass_over(model: str) -> None:
            with precedence():
                loaded = self._ready(model, SETTLE_RUNS, 0)
                loaded.settle()
                loaded.account.keep(model, [loaded.burst(min_runs, 0.0)[0]])

        accounts = [self._account(model)[1] for model in models]
        for _ in range(passes):
            for account, model in zip(accounts, models, strict=True):
                if len(account.ratios) < passes * min_runs:
                    self.watchdog.call(partial(pass_over, model))
        cuts = [statistics.quantiles(account.ratios, n=100, method="inclusive") for account in accounts]
        return [(cut[94], cut[98]) for cut in cuts]

    def energies(self, models: Sequence[str], meter: Meter) -> list[float]:
        """Millijoules of one run per model: what the machine takes while it is run again and again, idle parts and the
        work of others included. Raises as `measure`, and OSError where the meter cannot be read any more.
        """

        def pass_over(model: str) -> float:
            with precedence():
                loaded = self._ready(model, SETTLE_RUNS, 0)
                loaded.settle()
                before = meter.read()
                walls, _ = loaded.burst(ENERGY_RUNS, ENERGY_SECONDS)
                return meter.millijoules(before, meter.read()) / len(walls)

        return [self.watchdog.call(partial(pass_over, model)) for model in models]

    def _time(self, subject: _Loaded, beside: _Loaded, min_runs: int, min_seconds: float) -> Figures:
        def stretch(loaded: _Loaded) -> tuple[list[int], list[int]]:
            loaded.settle()
            return loaded.burst(STRETCH_RUNS, min(STRETCH_SECONDS, min_seconds))

        before, own = [stretch(beside)], list[tuple[list[int], list[int]]]()
        runs = nanoseconds = 0
        while runs < min_runs or nanoseconds < min_seconds * 1e9:
            own.append(stretch(subject))
            before.append(stretch(beside))
            runs += len(own[-1][0])
            nanoseconds += sum(own[-1][0])
        subject.account.keep(subject.path, [walls for walls, _ in own])
        _moved(beside.path, [walls for walls, _ in before])
        wall_ms, reference_wall_ms = _figures([walls for walls, _ in own], [walls for walls, _ in before])
        fine = self.sessions.alone and all(statistics.median(cpus) for _, cpus in (*own, *before))
        cpu_ms, reference_cpu_ms = (
            _figures([cpus for _, cpus in own], [cpus for _, cpus in before]) if fine else (None, None)
        )
        return Figures(
            runs=runs,
            wall_ms=wall_ms,
            reference_wall_ms=reference_wall_ms,
            cpu_ms=cpu_ms,
            reference_cpu_ms=reference_cpu_ms,
            others_busy=None,
        )

    def loaded(self, path: str, seed: int, account: _Account | None = None) -> _Loaded:
        """A session of its own, not warmed up."""
        account = account or _Account()
        self.watchdog.beat(path)
        began = time.perf_counter()
        model = _Loaded(path, self.sessions.load(path, seed), self.watchdog.beat, account)
        account.loading += time.perf_counter() - began
        return model

    def _account(self, path: str) -> tuple[tuple[str, int, int], _Account]:
        """What names the file as it is now, and its account."""
        try:
            status = os.stat(path)  # noqa: PTH116
        except OSError as error:
            raise ModelRefusedError(f"{path} cannot be read: {error.strerror}") from error
        file = (path, status.st_mtime_ns, status.st_size)
        return file, self._accounts.setdefault(file, _Account())

    def _ready(self, path: str, warmup_runs: int, seed: int) -> _Loaded:
        file, account = self._account(path)
        key, settled = (*file, seed), account.running > 0
        if key not in self._loaded or account.allows:
            # The one before is still there meanwhile, so that the new one comes to lie elsewhere.
            loaded = self.loaded(path, seed, account)
            if settled:  # how it settles has been seen
                loaded.settle()
            else:
                loaded.warm_up(warmup_runs)
            self._loaded[key] = loaded
            while len(self._loaded) > 2 and sum(size for _, _, size, _ in self._loaded) > _session_bytes():
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(key)
        return self._loaded[key]


@contextmanager
def precedence() -> Iterator[None]:
    """Go before other processes meanwhile, if the system lets us; threads made meanwhile keep it."""
    before = os.getpriority(os.PRIO_PROCESS, 0) if hasattr(os, "getpriority") else FIRST
    if before > FIRST:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, FIRST)
    try:
        yield
    finally:
        if before > FIRST and os.getpriority(os.PRIO_PROCESS, 0) != before:
            os.setpriority(os.PRIO_PROCESS, 0, before)


def _session_bytes() -> float:
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        memory = 0
    return max(MIN_SESSION_BYTES, memory * SESSION_SHARE)


def _moved(path: str, stretches: Sequence[Sequence[int]]) -> list[float]:
    """Median of each stretch of wall times.

    Raises:
        ModelRefusedError: the clock did not move in one.
    """
    middles = [statistics.median(walls) for walls in stretches]
    if not all(middles):
        raise ModelRefusedError(
            f"{path} cannot be timed: runs of it took no time, so this machine's clock stands still or is too coarse"
        )
    return middles


def _figures(own: Sequence[Sequence[int]], beside: Sequence[Sequence[int]]) -> tuple[float, float]:
    """Milliseconds of a model and of the one beside it, from stretches of runs in nanoseconds that took turns, one more
    of those beside.
    """
    middle = [statistics.median(runs) for runs in beside]
    around = [(before + after) / 2 for before, after in pairwise(middle)]
    times = statistics.median(statistics.median(runs) / ms for runs, ms in zip(own, around, strict=True))
    reference_ms = statistics.median(nanoseconds for runs in beside for nanoseconds in runs) / 1e6
    return times * reference_ms, reference_ms
