"""Whether a measurement can be trusted, and what to do when it cannot: one word and one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from hwnas.contracts.device import Timing
from hwnas.contracts.words import one_of
from hwnas.profiling.estimate import Latency, Scale, corrected

MAX_DRIFT = 0.03  # of the canaries, after correction; beyond it a table is noisy,
HOPELESS_DRIFT = 0.10  # and beyond this unusable
WIDE_SHARE = 0.25  # of the models may miss the preset's interval before a table is noisy
HOPELESS_HALF_WIDTH = 0.10  # median over the models
BASELINE_SHARE = 0.25  # of the timings must have been at the baseline speed
BUSY_PROCESSORS = 0.25  # worth of other work that is too much; the same beyond what the models leave free is hopeless:
# it was taken from them, and a model that is interrupted takes a third more even of processor time (see `_runner`)
SLOWER = 1.1  # times slower than the scale says: then the machine was not idle for a moment,
HOPELESSLY_SLOWER = 3.0  # and beyond this it is not the machine that the scale is of

State = Literal["stable", "noisy", "unusable", "imported"]  # imported: somebody else's, nothing is known of it
FROM_BEST: tuple[State, ...] = ("stable", "imported", "noisy", "unusable")


@dataclass(frozen=True)
class Verdict:
    """`state` in one word, `advice` in one sentence."""

    state: State
    advice: str

    def __post_init__(self) -> None:
        one_of("the state of a verdict", self.state, get_args(State))


@dataclass(frozen=True)
class Canary:
    """A model timed by itself at the start, in the middle and at the end: corrected latencies, and how far they
    stray from their mean, as a share (`drift`); `raw_drift` is the same for the uncorrected wall times.
    """

    model: int
    start_ms: float
    middle_ms: float
    end_ms: float
    drift: float
    raw_drift: float


def beside_others_at_first(verdict: Verdict, others_busy: float | None) -> Verdict:
    """The verdict on a session of a device of which nothing is remembered: beside other work it has no scale but its
    own, and what slowed it all the while shows nowhere.
    """
    if (others_busy or 0.0) <= BUSY_PROCESSORS:
        return verdict
    more = "Nothing is remembered of this device when idle, so all latencies may be too long alike."
    return replace(verdict, advice=f"{verdict.advice} {more}")


def find_canary(model: int, phases: Sequence[Sequence[Timing]], scale: Scale) -> Canary:
    """From the canary's timings at start, middle and end."""
    fixed = np.array([np.median(corrected(timings, scale)) for timings in phases]) * scale.reference_ms
    raw = np.array([np.median([t.wall_ms for t in timings]) for timings in phases])
    start, middle, end = fixed.tolist()
    return Canary(model, start, middle, end, *(float(np.max(np.abs(x / x.mean() - 1))) for x in (fixed, raw)))


def find_verdict(
    latencies: Sequence[Latency],
    canaries: Sequence[Canary],
    scale: Scale,
    *,
    half_width: float,
    others_busy: float | None,
    spare: int = 0,
    threads: int = 1,
) -> Verdict:
    """The verdict.

    Args:
        latencies: of all models.
        canaries: those of the session.
        scale: of the session.
        half_width: what the preset aims at.
        others_busy: processors of other work, None unknown.
        spare: processors that the models leave free.
        threads: that run one model.
    """
    widths = np.array([latency.half_width for latency in latencies])
    drift = float(np.median([canary.drift for canary in canaries])) if canaries else 0.0
    wide = float(np.mean(widths > half_width))
    typical = float(np.median(widths))
    again = "stop other work and profile again"
    drifted = f"The canaries drifted by {drift:.1%} during the measurement; {again}."
    busy = others_busy or 0.0
    slower = scale.seen_ms / scale.reference_ms
    slowed = f"The machine was {slower:.1f} times slower than its baseline speed, which the latencies are stated at"
    doubts: list[tuple[bool, State, str]] = [
        (drift > HOPELESS_DRIFT, "unusable", drifted),
        (typical > HOPELESS_HALF_WIDTH, "unusable", f"Models compare to within {typical:.1%} only; {again}."),
        (
            busy > spare + BUSY_PROCESSORS * threads,
            "unusable",
            f"Other work kept {busy:.1f} processors busy, of which the models leave {spare} free, and interrupted "
            f"them; {again}, or in its login session with the right to go before it (as root, or `ulimit -e`).",
        ),
        (slower > HOPELESSLY_SLOWER, "unusable", f"{slowed}; {again}."),
        (busy > BUSY_PROCESSORS, "noisy", f"Other work kept {busy:.1f} processors busy; {again}."),
        (drift > MAX_DRIFT, "noisy", drifted),
        (slower > SLOWER, "noisy", f"{slowed}; {again}."),
        (
            scale.baseline_share < BASELINE_SHARE,
            "noisy",
            f"Only {scale.baseline_share:.0%} of the timings were at the machine's baseline speed; {again}.",
        ),
        (
            wide > WIDE_SHARE,
            "noisy",
            f"{wide:.0%} of the models do not compare to within {half_width:.0%}; take a longer preset.",
        ),
    ]
    for holds, state, advice in doubts:
        if holds:
            return Verdict(state, advice)
    return Verdict("stable", f"Models compare to within {typical:.1%} typically; nothing needs doing.")
