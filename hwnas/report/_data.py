"""The figures the page's script draws, as JSON that is safe inside a script element."""

import json
from collections.abc import Mapping, Sequence

from hwnas.contracts.objective import Objective
from hwnas.contracts.printable import printable
from hwnas.contracts.shown import factor, title
from hwnas.report import _words
from hwnas.report._frame import front_frame, padded
from hwnas.report.story import FrontPoint, Guesses, Story

# A JSON text may hold these five characters only inside strings, where the escapes mean the same; unescaped, the
# first three could end the script element or open another, and the last two are line ends to old scripts.
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def injected(story: Story) -> str:
    """The drawing data of a story."""
    runs = sorted(story.progress, key=lambda curve: curve.run != "search")  # colours go by the order
    data = {
        "front": _front(story),
        "guesses": [_guesses(g) for g in story.guesses],
        "progress": [{"name": curve.run, "steps": curve.steps} for curve in runs if curve.steps],
        "training": [{"name": curve.role, "steps": curve.steps} for curve in story.training],
    }
    text = json.dumps(_short(data), separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPES)


def _front(story: Story) -> dict[str, object]:
    frame, times = front_frame(story), factor(story.figure)
    shown = [e for e in story.evaluated if frame.holds(e)]
    return {
        "x": frame.latency_ms,
        "y": [times * v for v in frame.score],
        "xTitle": "Latency, timed (ms)" if story.device.timed else "Latency, from a table (ms)",
        "yTitle": title(story.figure),
        "sign": -story.figure.sign,
        "points": [_point(p, story.figure) for p in sorted(story.front, key=lambda p: p.latency_ms)],
        "baselines": [{"name": b.name, "x": b.latency_ms, "y": times * b.score} for b in story.baselines],
        **{run: [(e.latency_ms, times * e.score) for e in shown if e.run == run] for run in ("search", "random")},
    }


def _point(point: FrontPoint, figure: Objective) -> dict[str, object]:
    rows, times = _words.described(point, figure), factor(figure)
    return {
        "x": point.latency_ms,
        "xs": (point.latency_low_ms, point.latency_high_ms),
        "y": times * point.score,
        "ys": (times * point.score_low, times * point.score_high),
        "key": point.key,
        "budget": None if point.budget_ms is None else f"≤ {_words.milliseconds(point.budget_ms)}",
        "validated": point.validated,
        "rows": rows,
        "architecture": _words.compact(point.architecture),
        "label": "; ".join(f"{name} {value}" for name, value in rows) + ". Copies its export command.",
        "command": point.export_command,
    }


def _guesses(guesses: Guesses) -> dict[str, object]:
    factor = 100.0 if guesses.unit == "%" else 1.0
    points = [[factor * v for v in (g.measured, g.predicted, g.low, g.high)] for g in guesses.points]
    return {
        "unit": guesses.unit,
        "range": padded(v for measured, predicted, *_ in points for v in (measured, predicted)),
        "points": points,
    }


def _short(value: object) -> object:
    """The same with floats at six significant digits, which no pixel can tell apart, to keep the page small, and with
    texts as they may be seen.
    """
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_short(item) for item in value]
    return value
