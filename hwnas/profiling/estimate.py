"""From timings to latencies: what a user would see who times each model alone on the idle machine.

Three things stand between a timing and that figure, and each has its remedy.

* *Others interrupt.* Where one thread does the work, its processor time leaves interruptions out; it is used
  instead of wall time. With more threads there is only wall time.
* *The machine changes speed* (other work on shared execution units, clocks, a hypervisor). Each figure is divided
  by the reference model's, timed right beside it.
* *A slower moment does not slow all models alike.* What it does to large and to small ones is learnt from the timings
  of the session, where they are many, and taken out; see `slowdown`.

The quotient times the reference's baseline wall time is the latency. The baseline is the median of those timings of
the reference that are within `BASELINE_BAND` of their 5 % quantile: on an idle machine these are nearly all, so it is
the plain median; on a busy one they are the calm moments. It is **the** absolute scale: a later session that is given
the same `reference_ms` compares like with like, on whatever day.

Tried under five busy processes on two cores, 24 networks, 8 rounds, and left out: keeping only the rounds in which
the reference was at its baseline speed made repeated sessions agree worse (about 6 % instead of 3 %); low quantiles of
a burst instead of its median changed little.
No statistical method can correct for a machine that is never idle: then all models look equally slow. See `verdict`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.device import Timing
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.level import Level
from hwnas.profiling.slowdown import Slowdown, fit_slowdown

BASELINE_BAND = 0.05
MAX_OVERHEAD = 1.02  # one thread of pure computing never waits: what wall time adds beyond this is others' doing
RESAMPLES = 1000
FASTEST_MS = 1e-4  # a hundred nanoseconds: a call of any runtime takes longer, and seconds given for ms are found out
BETWEEN_SESSIONS = 0.015  # standard deviation of what 12 processes in turn found for one file on a virtual machine
Z95 = 1.96  # standard deviations of a normal distribution that 95 % are within
MAD_TO_SIGMA = 1.4826  # for a normal distribution


@dataclass(frozen=True)
class Latency:
    """One model's latency.

    Args:
        model: index of the model.
        latency_ms: median over the rounds, of the means of each two of them (see `_middle`).
        low_ms: lower end of its 95 % bootstrap interval over the rounds; the scale's own error is not in it.
        high_ms: upper end.
        rounds: rounds timed.
        runs: timed runs in all rounds.
        spread: standard deviation of one round relative to the median, from the median absolute deviation.
    """

    model: int
    latency_ms: float
    low_ms: float
    high_ms: float
    rounds: int
    runs: int
    spread: float

    @property
    def half_width(self) -> float:
        """Half the interval as a share of the latency."""
        return (self.high_ms - self.low_ms) / (2 * self.latency_ms)


@dataclass(frozen=True)
class Scale:
    """The absolute scale and how calm the machine was.

    Args:
        reference_ms: the reference's baseline wall latency that was used.
        seen_ms: the one found in these timings; differs when an earlier one was handed in.
        baseline_share: share of the timings with the reference at its baseline speed.
        waiting: wall time over processor time of the reference, median; 1 when nothing interrupts, or unknown.
        baseline_ms: the reference's baseline in these timings, by the clock that quotients are made with.
        slowdown: what slower moments of these timings did beyond slowing the reference.
    """

    reference_ms: float
    seen_ms: float
    baseline_share: float
    waiting: float
    baseline_ms: float
    slowdown: Slowdown


def find_scale(timings: Sequence[Timing], reference_ms: float | None = None) -> Scale:
    """The absolute scale of timings; of an earlier session when its `reference_ms` is given.

    Raises:
        DeviceError: no timings, or one that is not a positive number.
    """
    check(timings)
    beside = _beside(timings)
    at_baseline = beside <= np.quantile(beside, 0.05) * (1 + BASELINE_BAND)
    walls = np.array([t.reference_wall_ms for t in timings])
    waiting = walls / beside
    overhead = min(float(np.quantile(waiting, 0.05)), MAX_OVERHEAD)
    level = float(np.median(beside[at_baseline]))
    seen = level * overhead
    return Scale(
        reference_ms=seen if reference_ms is None else reference_ms,
        seen_ms=seen,
        baseline_share=float(at_baseline.mean()),
        waiting=float(np.median(waiting)),
        baseline_ms=level,
        slowdown=fit_slowdown(_models(timings), _quotients(timings), _slowness(timings, level)),
    )


def other_session(latency: Latency) -> Latency:
    """The latency with an interval that holds for the same model in another process, at the same speed of the machine.

    Each process lays a model out elsewhere in memory; that is an error of its own, beside the one over the rounds.
    """
    more = Z95 * BETWEEN_SESSIONS * latency.latency_ms
    low_ms, high_ms = (
        latency.latency_ms + sign * hypot(end - latency.latency_ms, more)
        for sign, end in ((-1, latency.low_ms), (1, latency.high_ms))
    )
    return replace(latency, low_ms=low_ms, high_ms=high_ms)


def in_next_session(latency: Latency, level: Level) -> Latency:
    """The latency with an interval that the device's level is in, too."""
    low_ms, high_ms = level.next_time(latency.latency_ms, latency.low_ms, latency.high_ms)
    return replace(latency, low_ms=low_ms, high_ms=high_ms)


def find_latencies(timings: Sequence[Timing], scale: Scale) -> list[Latency]:
    """One latency per model that has been timed, by model index.

    Raises:
        DeviceError: as `find_scale`.
    """
    check(timings)
    quotients = corrected(timings, scale)
    models = _models(timings)
    runs = np.array([t.runs for t in timings])
    latencies = []
    for model in np.unique(models).tolist():
        mine = models == model
        used = quotients[mine]
        low, middle, high = _median_interval(used, seed=model) * scale.reference_ms
        spread = MAD_TO_SIGMA * float(np.median(np.abs(used / np.median(used) - 1)))
        latencies.append(
            Latency(model, float(middle), float(low), float(high), len(used), int(runs[mine].sum()), spread)
        )
    return latencies


def corrected(timings: Sequence[Timing], scale: Scale) -> FloatArray:
    """Each timing as the multiple of the reference's that it would be on the idle machine, ``(len(timings),)``."""
    return scale.slowdown.straightened(_models(timings), _quotients(timings), _slowness(timings, scale.baseline_ms))


def _models(timings: Sequence[Timing]) -> IntArray:
    return np.array([t.model for t in timings], dtype=np.int64)


def _quotients(timings: Sequence[Timing]) -> FloatArray:
    """Each timing as a multiple of the reference's beside it; processor time where known."""
    own = [t.cpu_ms for t in timings] if _has_cpu(timings) else [t.wall_ms for t in timings]
    return np.array(own, dtype=np.float64) / _beside(timings)


def _beside(timings: Sequence[Timing]) -> FloatArray:
    """The reference's time beside each timing; processor time where known."""
    alone = _has_cpu(timings)
    beside = [t.reference_cpu_ms if alone else t.reference_wall_ms for t in timings]
    return np.array(beside, dtype=np.float64)


def _slowness(timings: Sequence[Timing], baseline_ms: float) -> FloatArray:
    """How many times its baseline the reference took beside each timing; 1 within the band."""
    times = _beside(timings) / baseline_ms
    return np.where(times <= 1 + BASELINE_BAND, 1.0, times)


def _has_cpu(timings: Sequence[Timing]) -> bool:
    return all(t.cpu_ms is not None and t.reference_cpu_ms is not None for t in timings)


def _median_interval(values: FloatArray, seed: int) -> FloatArray:
    """Low end, median and high end, ``(3,)``: percentile bootstrap, 95 %."""
    rng = np.random.default_rng([seed, len(values)])
    low, high = np.quantile(_middle(values[rng.integers(0, len(values), (RESAMPLES, len(values)))]), [0.025, 0.975])
    return np.array([low, float(_middle(values)), high])


def _middle(values: FloatArray) -> FloatArray:
    """``(..., n) -> (...)``: the median of the means of each two values (Hodges & Lehmann, 1963), and of each itself.

    Of ten rounds the plain median hangs on two. This one bears 29 % of absurd rounds instead of 50 %, and sessions
    agree better by a sixth (benchmarks/between_sessions.py).
    """
    one, other = np.triu_indices(values.shape[-1])
    middle: FloatArray = np.median((values[..., one] + values[..., other]) / 2, axis=-1)
    return middle


def check(timings: Sequence[Timing]) -> None:
    """Refuse what no clock can show.

    Raises:
        DeviceError: no timings, or one with a time that is not a positive number.
    """
    if not timings:
        raise DeviceError("Timings are needed to tell a latency, got none; time the models first.")
    alone = _has_cpu(timings)
    for t in timings:
        figures = [t.wall_ms, t.reference_wall_ms, t.cpu_ms, t.reference_cpu_ms]
        told_by = figures[2:] if alone else figures  # else a round in which the reference was kept waiting ends all
        fast = [f for f in told_by if f is not None and 0 < f < FASTEST_MS]
        if fast:
            why = "the device reports an impossible speed, see its unit and its clock"
            if (t.others_busy or 0) >= 1:  # the reference may have been kept waiting, and the model is told by it
                why = f"other work kept {t.others_busy:.1f} processors busy meanwhile; stop it and go on"
            raise DeviceError(f"No model runs in less than {FASTEST_MS:g} ms, got {fast[0]:.2g} ms; {why}.")
        if not all(f is None or (np.isfinite(f) and f > 0) for f in figures):
            raise DeviceError(f"A device reports positive times, got {t}; its clock cannot be trusted, use another.")
