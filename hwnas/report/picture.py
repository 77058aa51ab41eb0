"""The picture of a front: a still SVG for places where no script runs, such as a README."""

from pathlib import Path
from xml.etree import ElementTree

from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.shown import factor, title
from hwnas.report import _words
from hwnas.report._finite import require_finite
from hwnas.report._frame import Frame, front_frame, ticks
from hwnas.report._svg import add, attribute_texts, picture_text
from hwnas.report.story import FrontPoint, Story

_WIDTH, _HEIGHT = 760, 440
_LEFT, _TOP, _RIGHT, _BOTTOM = 66.0, 66.0, 736.0, 384.0
_STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: #57606b; }
.head { font-size: 15px; font-weight: 650; fill: #15191e; } .budget { font-weight: 600; fill: #15191e; }
.name, .budget { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }
.paper { fill: #ffffff; stroke: #e4e1da; } .grid { stroke: #eeece7; }
.search { fill: #0a64b0; opacity: 0.28; } .random { fill: #b9540b; opacity: 0.42; }
.stair { fill: none; stroke: #0a64b0; stroke-width: 1.5; opacity: 0.55; } .bar { stroke: #0a64b0; opacity: 0.5; }
.dot { fill: #0a64b0; stroke: #ffffff; stroke-width: 2; } .unsure { fill: #ffffff; stroke: #0a64b0; stroke-width: 2; }
.baseline { fill: #ffffff; stroke: #15191e; stroke-width: 1.6; }
@media (prefers-color-scheme: dark) {
text { fill: #9ba5b0; } .head, .budget { fill: #e9ebee; }
.name, .budget { stroke: #161a1f; }
.paper { fill: #161a1f; stroke: #2a3037; } .grid { stroke: #20262c; }
.search { fill: #62b1f6; } .random { fill: #f5a05a; } .stair, .bar { stroke: #62b1f6; }
.dot { fill: #62b1f6; stroke: #161a1f; } .unsure { fill: #161a1f; stroke: #62b1f6; }
.baseline { fill: #161a1f; stroke: #e9ebee; }
}
"""


def write_front_svg(story: Story, path: Path) -> Path:
    """Draw the front of `story` to `path`, whole or not at all, and return `path`.

    Raises:
        InputError: the front is empty, a figure is not finite, or `path` cannot be written.
    """
    if not story.front:
        raise InputError("A picture needs a front, got none; run a search whose budgets some sub-network meets.")
    require_finite(story)
    svg = ElementTree.Element(
        "svg", attribute_texts(xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {_HEIGHT}")
    )
    svg.set("role", "img")
    svg.set("aria-label", f"{story.title}: {story.figure.name} against latency")
    add(svg, "style", _STYLE)
    add(svg, "rect", class_="paper", x=0.5, y=0.5, width=_WIDTH - 1, height=_HEIGHT - 1, rx=12)
    _Drawing(svg, front_frame(story)).draw(story)
    write_atomic(path, picture_text(svg))
    return path


class _Drawing:
    """The marks of one front inside one frame."""

    def __init__(self, svg: ElementTree.Element, frame: Frame) -> None:
        self._svg = svg
        self._frame = frame

    def draw(self, story: Story) -> None:
        self._axes(story)
        self._evaluations(story)
        front = sorted(story.front, key=lambda p: p.latency_ms)
        self._stairs(front, story.figure.sign)
        for baseline in story.baselines:
            x, y = self._x(baseline.latency_ms), self._y(baseline.score)
            add(self._svg, "path", class_="baseline", d=f"M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z")
            late = x > (_LEFT + _RIGHT) / 2
            at = {"x": x + 7, "text_anchor": "end"} if late else {"x": x - 7}
            add(self._svg, "text", baseline.name, class_="name", y=y + 21, **at)
        for point in front:
            self._point(point)

    def _x(self, latency_ms: float) -> float:
        low, high = self._frame.latency_ms
        return _LEFT + (latency_ms - low) / (high - low) * (_RIGHT - _LEFT)

    def _y(self, score: float) -> float:
        low, high = self._frame.score
        return _BOTTOM - (score - low) / (high - low) * (_BOTTOM - _TOP)

    def _axes(self, story: Story) -> None:
        low, high = self._frame.score
        times = factor(story.figure)
        for value, label in ticks((times * low, times * high), 5):
            y = self._y(value / times)
            add(self._svg, "line", class_="grid", x1=_LEFT, x2=_RIGHT, y1=y, y2=y)
            add(self._svg, "text", label, x=_LEFT - 9, y=y + 4, text_anchor="end")
        for value, label in ticks(self._frame.latency_ms, 8):
            x = self._x(value)
            add(self._svg, "line", class_="grid", x1=x, x2=x, y1=_TOP, y2=_BOTTOM)
            add(self._svg, "text", label, x=x, y=_BOTTOM + 20, text_anchor="middle")
        add(self._svg, "text", story.title, class_="head", x=24, y=32)
        add(self._svg, "text", title(story.figure), x=24, y=54)
        add(self._svg, "text", f"Latency on {story.device.device} (ms)", x=_RIGHT, y=_HEIGHT - 16, text_anchor="end")

    def _evaluations(self, story: Story) -> None:
        for evaluated in filter(self._frame.holds, story.evaluated):
            x, y = self._x(evaluated.latency_ms), self._y(evaluated.score)
            if evaluated.run == "search":
                add(self._svg, "circle", class_="search", cx=x, cy=y, r=3)
            else:
                add(self._svg, "rect", class_="random", x=x - 2.5, y=y - 2.5, width=5, height=5)

    def _stairs(self, front: list[FrontPoint], sign: float) -> None:
        best: float | None = None
        path = ""
        for point in front:
            if best is None or sign * point.score < sign * best:
                best = point.score
                x, y = self._x(point.latency_ms), self._y(best)
                path += f"H{x:.1f}V{y:.1f}" if path else f"M{x:.1f} {y:.1f}"
        add(self._svg, "path", class_="stair", d=f"{path}H{_RIGHT}")

    def _point(self, point: FrontPoint) -> None:
        x, y = self._x(point.latency_ms), self._y(point.score)
        low, high = self._y(point.score_low), self._y(point.score_high)
        add(self._svg, "line", class_="bar", x1=x, x2=x, y1=low, y2=high)
        left, right = self._x(point.latency_low_ms), self._x(point.latency_high_ms)
        add(self._svg, "line", class_="bar", x1=left, x2=right, y1=y, y2=y)
        add(self._svg, "circle", class_="dot" if point.validated else "unsure", cx=x, cy=y, r=6.5)
        if point.budget_ms is not None:
            add(self._svg, "text", f"≤ {_words.milliseconds(point.budget_ms)}", class_="budget", x=x + 10, y=y + 20)
