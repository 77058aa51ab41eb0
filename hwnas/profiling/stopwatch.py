"""Times many models on one device, and says how far the figures can be trusted.

The course of it: canaries, half the rounds of all models, canaries, the other half, further rounds of the models
whose interval is still wide, canaries. Every step is numbered and depends on the timings before it alone, so a
session that was killed goes on where it stopped: hand its timings in as `already`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hwnas.contracts.device import Device, Timing, TimingPlan
from hwnas.profiling.estimate import Latency, Scale, check, find_latencies, find_scale
from hwnas.profiling.presets import Preset
from hwnas.profiling.verdict import Canary, Verdict, find_canary, find_verdict

CANARY_ROUNDS = 3
OnTiming = Callable[[Timing], None]
OnCount = Callable[[int, int], None]
Baseline = Callable[[float, float | None], float]
"""From what the reference took in this session in ms, and the processors' worth of other work, the time in ms that the
reference takes at the speed which latencies are to be stated at."""


@dataclass(frozen=True)
class Profile:
    """What came of a session.

    Args:
        latencies: one per model, in the order of the models.
        scale: the absolute scale; its `reference_ms` makes a later session comparable.
        canaries: one per canary.
        verdict: whether to trust it.
        others_busy: processors' worth of other work while timing, None when the device cannot tell.
    """

    latencies: tuple[Latency, ...]
    scale: Scale
    canaries: tuple[Canary, ...]
    verdict: Verdict
    others_busy: float | None


def time_models(
    device: Device,
    models: Sequence[Path],
    reference: Path,
    preset: Preset,
    *,
    canaries: Sequence[int] = (),
    seed: int = 0,
    reference_ms: float | None = None,
    baseline: Baseline | None = None,
    already: Sequence[Timing] = (),
    on_timing: OnTiming | None = None,
    progress: OnCount | None = None,
) -> Profile:
    """Time `models`; each timing goes to `on_timing` as it comes, `progress` gets (done, expected) timings.

    Args:
        device: what to time on.
        models: ONNX files, at least one.
        reference: ONNX file timed beside every model; the same one for all sessions to be compared.
        preset: how much to measure.
        canaries: indices of models timed also at the start, in the middle and at the end.
        seed: of the order and the inputs.
        reference_ms: the scale of an earlier session with this reference, to be comparable with it.
        baseline: tells the device's baseline speed, where sessions are remembered; see `speeds`.
        already: timings of this very session before it was cut off.
        on_timing: keeps a timing.
        progress: shows how far it is.

    Raises:
        DeviceError: the device cannot be used, refuses a model, or reports impossible times.
    """
    session = _Session(device, models, reference, preset, seed, list(already), on_timing, progress)
    everyone = range(len(models))
    halves = (preset.rounds + 1) // 2, preset.rounds // 2
    session.expect(preset.rounds * len(models) + 3 * CANARY_ROUNDS * len(canaries))
    phases = [session.play(canaries, CANARY_ROUNDS)]
    session.play(everyone, halves[0])
    phases.append(session.play(canaries, CANARY_ROUNDS))
    session.play(everyone, halves[1])
    for extra in range(preset.rounds, preset.max_rounds):
        if not (wide := session.wide()):
            break
        if extra == preset.rounds:
            session.expect(len(wide))
        session.play(wide, 1)
    phases.append(session.play(canaries, CANARY_ROUNDS))
    return session.result(canaries, phases, reference_ms, baseline)


@dataclass
class _Session:
    device: Device
    models: Sequence[Path]
    reference: Path
    preset: Preset
    seed: int
    timings: list[Timing]
    on_timing: OnTiming | None
    progress: OnCount | None
    expected: int = 0
    next_round: int = 0

    def expect(self, further: int) -> None:
        self.expected += further

    def play(self, roster: Sequence[int], rounds: int) -> list[Timing]:
        """Time the roster in the next rounds, as far as that has not been done; all timings of those rounds."""
        first, self.next_round = self.next_round, self.next_round + rounds
        done = {(t.round, t.model) for t in self.timings}
        missing = {r: [m for m in roster if (r, m) not in done] for r in range(first, self.next_round)}
        while missing:
            start = min(missing)
            absent = missing[start]
            count = 1
            while missing.get(start + count) == absent:
                count += 1
            if absent:
                self._measure(absent, start, count)
            missing = {r: names for r, names in missing.items() if r >= start + count}
        return [t for t in self.timings if first <= t.round < self.next_round]

    def _measure(self, roster: Sequence[int], first: int, rounds: int) -> None:
        plan = TimingPlan(rounds, self.preset.min_runs, self.preset.min_seconds, seed=self.seed, first_round=first)
        for timing in self.device.measure([self.models[m] for m in roster], self.reference, plan):
            check([timing])
            own = replace(timing, model=roster[timing.model])
            self.timings.append(own)
            if self.on_timing:
                self.on_timing(own)
            if self.progress:
                self.progress(len(self.timings), max(self.expected, len(self.timings)))

    def wide(self) -> list[int]:
        """Models whose interval is wider than the preset wants, from what was so far."""
        so_far = [t for t in self.timings if t.round < self.next_round]
        return [
            latency.model
            for latency in find_latencies(so_far, find_scale(so_far))
            if latency.half_width > self.preset.half_width
        ]

    def result(
        self,
        canaries: Sequence[int],
        phases: Sequence[Sequence[Timing]],
        reference_ms: float | None,
        baseline: Baseline | None,
    ) -> Profile:
        scale, busy = find_scale(self.timings, reference_ms), _others_busy(self.timings)
        if reference_ms is None and baseline is not None:
            scale = replace(scale, reference_ms=baseline(scale.seen_ms, busy))
        latencies = find_latencies(self.timings, scale)
        watched = tuple(
            find_canary(model, [[t for t in phase if t.model == model] for phase in phases], scale)
            for model in canaries
        )
        verdict = self._verdict(latencies, watched, scale, busy)
        return Profile(tuple(latencies), scale, watched, verdict, busy)

    def _verdict(
        self, latencies: Sequence[Latency], canaries: Sequence[Canary], scale: Scale, busy: float | None
    ) -> Verdict:
        card = self.device.card()
        return find_verdict(
            latencies, canaries, scale, half_width=self.preset.half_width, others_busy=busy,
            spare=max(0, card.cores - card.threads), threads=card.threads,
        )  # fmt: skip


def _others_busy(timings: Sequence[Timing]) -> float | None:
    """Mean over the time that models ran; None where it is not known of any."""
    weighted = [(t.others_busy, t.runs * t.wall_ms) for t in timings if t.others_busy is not None]
    total_ms = sum(ms for _, ms in weighted)
    return sum(busy * ms for busy, ms in weighted) / total_ms if weighted else None
