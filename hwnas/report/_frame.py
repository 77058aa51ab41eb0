"""What part of the plane the front's chart shows, and where its axes have ticks."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from hwnas.report.story import Evaluated, Story

OUTLIERS = 0.02  # share of the evaluations, at either end of an axis, that may fall outside the frame
PADDING = 0.06  # of the range, on either side

Range = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """Ranges of latency (ms) and score, and how many evaluations lie outside."""

    latency_ms: Range
    score: Range
    outside: int

    def holds(self, point: Evaluated) -> bool:
        """Whether an evaluation is inside."""
        in_latency = self.latency_ms[0] <= point.latency_ms <= self.latency_ms[1]
        return in_latency and self.score[0] <= point.score <= self.score[1]


def front_frame(story: Story) -> Frame:
    """All of the front and the baselines, and the evaluations but for outliers that would flatten the front."""
    latencies = [v for p in story.front for v in (p.latency_low_ms, p.latency_high_ms)]
    scores = [v for p in story.front for v in (p.score_low, p.score_high)]
    latencies += [b.latency_ms for b in story.baselines] + _core(e.latency_ms for e in story.evaluated)
    scores += [b.score for b in story.baselines] + _core(e.score for e in story.evaluated)
    frame = Frame(padded(latencies), padded(scores), 0)
    outside = sum(not frame.holds(e) for e in story.evaluated)
    return Frame(frame.latency_ms, frame.score, outside)


def _core(values: Iterable[float]) -> list[float]:
    ordered = sorted(values)
    drop = int(OUTLIERS * len(ordered))
    return ordered[drop : len(ordered) - drop]


def padded(values: Iterable[float]) -> Range:
    """A range that holds `values` with some room; ``(0, 1)`` for none."""
    numbers = list(values)
    if not numbers:
        return 0.0, 1.0
    low, high = min(numbers), max(numbers)
    room = PADDING * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room


def ticks(span: Range, wanted: int) -> list[tuple[float, str]]:
    """About `wanted` round numbers inside `span`, with their labels."""
    raw = (span[1] - span[0]) / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= raw * (1 - 1e-9))
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    numbers = range(math.ceil(span[0] / step), math.floor(span[1] / step) + 1)
    return [(i * step, f"{i * step:.{decimals}f}") for i in numbers]
