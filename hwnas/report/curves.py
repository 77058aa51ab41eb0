"""Several methods as curves with bands, in one still SVG: how far each had got after so many evaluations.

The vertical axis is spaced by what is still missing to 1, logarithmically: from 0.9 to 0.95 is as far as from 0.98 to
0.99, as both halve it. On an even axis all good methods would lie on one another.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.report._frame import ticks
from hwnas.report._svg import add, attribute_texts, picture_text

_WIDTH, _ROW = 860, 17
_LEFT, _TOP, _RIGHT = 66.0, 66.0, 640.0
_COLOURS = (
    "#0a64b0",
    "#b9540b",
    "#2d7d46",
    "#8a3fa0",
    "#b0283c",
    "#0d7d85",
    "#7a6a10",
    "#5a4fcf",
    "#a03c78",
    "#4f5b66",
)
_BRIGHT = ("#62b1f6", "#f5a05a", "#6fcf8d", "#d08ee6", "#f2788a", "#54cdd6", "#d9c552", "#a49bff", "#ee86c0", "#aab4be")
_DASHES = ("", "7 4", "2 3")
_SHARES = (0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_NEAREST = 0.001  # to 1 that can be drawn
_STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: #57606b; }
.head { font-size: 15px; font-weight: 650; fill: #15191e; } .grid { stroke: #eeece7; }
.paper { fill: #ffffff; stroke: #e4e1da; } .line { fill: none; stroke-width: 2; } .band { opacity: 0.09; }
.lead { fill: none; stroke-width: 1; opacity: 0.6; } .name { font-size: 12px; }
"""
_DARK = """
text { fill: #9ba5b0; } .head { fill: #e9ebee; } .paper { fill: #161a1f; stroke: #2a3037; } .grid { stroke: #20262c; }
"""


@dataclass(frozen=True)
class Curve:
    """One method: after each evaluation lower quartile, median and upper quartile of its runs, shares of the best."""

    name: str
    low: Sequence[float]
    middle: Sequence[float]
    high: Sequence[float]


def write_curves_svg(curves: Sequence[Curve], path: Path, *, title: str, x_label: str, y_label: str) -> Path:
    """Draw `curves` over 1, 2, ... evaluations to `path`, whole or not at all, and return `path`.

    Raises:
        InputError: there is nothing to draw, or `path` cannot be written.
    """
    if not curves or not len(curves[0].middle):
        raise InputError("A picture of curves needs at least one curve with one point, got none; run something first.")
    height = int(max(440, _TOP + _ROW * len(curves) + 90))
    svg = ElementTree.Element(
        "svg", attribute_texts(xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {height}", role="img")
    )
    svg.set("aria-label", f"{title}: {y_label} against {x_label.lower()}")
    add(svg, "style", _style(len(curves)))
    add(svg, "rect", class_="paper", x=0.5, y=0.5, width=_WIDTH - 1, height=height - 1, rx=12)
    drawing = _Drawing(svg, curves, height - 56.0)
    add(svg, "text", title, class_="head", x=24, y=32)
    add(svg, "text", f"{y_label}; line: median of the runs, band: half of them", x=24, y=54)
    add(svg, "text", x_label, x=_RIGHT, y=height - 16, text_anchor="end")
    drawing.draw()
    write_atomic(path, picture_text(svg))
    return path


def _style(n: int) -> str:
    def colours(palette: Sequence[str]) -> str:
        return "".join(
            f".c{i} {{ stroke: {palette[i % len(palette)]}; }} .f{i} {{ fill: {palette[i % len(palette)]}; }}\n"
            for i in range(n)
        )

    return f"{_STYLE}{colours(_COLOURS)}@media (prefers-color-scheme: dark) {{{_DARK}{colours(_BRIGHT)}}}\n"


def _depth(share: float) -> float:
    """How many times what was missing has shrunk, as a logarithm."""
    return -math.log(max(1 - share, _NEAREST))


class _Drawing:
    """The curves inside one frame."""

    def __init__(self, svg: ElementTree.Element, curves: Sequence[Curve], bottom: float) -> None:
        self._svg, self._curves, self._bottom = svg, curves, bottom
        self._n = max(len(c.middle) for c in curves)
        # The first few evaluations are nearly the same for all, and would press the rest into a corner.
        early = self._n // 20
        self._low = _depth(min(min(c.low[early:]) for c in curves))
        self._high = _depth(max(max(c.high) for c in curves))
        if self._high <= self._low:
            self._low, self._high = self._low - 0.5, self._high + 0.5

    def draw(self) -> None:
        """Grid, bands, lines, names."""
        for share in _SHARES:
            if self._low - 1e-9 <= _depth(share) <= self._high + 1e-9:
                y = self._y(share)
                add(self._svg, "line", class_="grid", x1=_LEFT, x2=_RIGHT, y1=y, y2=y)
                add(self._svg, "text", f"{share:g}", x=_LEFT - 9, y=y + 4, text_anchor="end")
        for value, label in ticks((0.0, float(self._n)), 8):
            x = self._x(value)
            add(self._svg, "line", class_="grid", x1=x, x2=x, y1=_TOP, y2=self._bottom)
            add(self._svg, "text", label, x=x, y=self._bottom + 20, text_anchor="middle")
        for i, curve in enumerate(self._curves):
            there = self._path(curve.high)
            back = self._path(curve.low, backwards=True)
            add(self._svg, "path", class_=f"band f{i}", d=f"M{there}L{back}Z")
        for i, curve in enumerate(self._curves):
            dash = {"stroke_dasharray": _DASHES[i // len(_COLOURS) % len(_DASHES)]} if i >= len(_COLOURS) else {}
            add(self._svg, "path", class_=f"line c{i}", d=f"M{self._path(curve.middle)}", **dash)
        self._names()

    def _names(self) -> None:
        """Names at the right end, from the best down, moved apart where they would touch."""
        order = sorted(range(len(self._curves)), key=lambda i: -self._curves[i].middle[-1])
        ends = [self._y(self._curves[i].middle[-1]) for i in order]
        at = list(ends)
        for k in range(1, len(at)):
            at[k] = max(at[k], at[k - 1] + _ROW)
        overflow = max(0.0, at[-1] - self._bottom)
        for k in range(len(at) - 1, -1, -1):  # push back up from the bottom
            most = self._bottom if k == len(at) - 1 else at[k + 1] - _ROW
            at[k] = min(at[k], most) if overflow else at[k]
        for i, end, y in zip(order, ends, at, strict=True):
            add(self._svg, "path", class_=f"lead c{i}", d=f"M{_RIGHT:.1f} {end:.1f}L{_RIGHT + 22:.1f} {y:.1f}h10")
            words = f"{self._curves[i].name} {self._curves[i].middle[-1]:.3f}"
            add(self._svg, "text", words, class_="name", x=_RIGHT + 38, y=y + 4)

    def _path(self, values: Sequence[float], *, backwards: bool = False) -> str:
        points = [f"{self._x(i + 1):.1f} {self._y(v):.1f}" for i, v in enumerate(values)]
        return "L".join(reversed(points) if backwards else points)

    def _x(self, evaluations: float) -> float:
        return _LEFT + evaluations / self._n * (_RIGHT - _LEFT)

    def _y(self, value: float) -> float:
        inside = min(max(_depth(value), self._low), self._high)
        return self._bottom - (inside - self._low) / (self._high - self._low) * (self._bottom - _TOP)
