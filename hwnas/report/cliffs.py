"""The picture of a device's cliffs: latency of one layer against its width, as dots, and the steps learnt from them."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.report._frame import ticks
from hwnas.report._svg import add, attribute_texts, picture_text

_WIDTH, _HEIGHT = 760, 360
_LEFT, _TOP, _RIGHT, _BOTTOM = 66.0, 66.0, 736.0, 304.0
_STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: #57606b; }
.head { font-size: 15px; font-weight: 650; fill: #15191e; } .paper { fill: #ffffff; stroke: #e4e1da; }
.grid { stroke: #eeece7; } .good { stroke: #0a64b0; opacity: 0.3; stroke-dasharray: 4 4; }
.dot { fill: #0a64b0; } .steps { fill: none; stroke: #b9540b; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
text { fill: #9ba5b0; } .head { fill: #e9ebee; } .paper { fill: #161a1f; stroke: #2a3037; } .grid { stroke: #20262c; }
.good { stroke: #62b1f6; } .dot { fill: #62b1f6; } .steps { stroke: #f5a05a; }
}
"""


def write_cliffs_svg(
    path: Path,
    title: str,
    widths: Sequence[int],
    latencies_ms: Sequence[float],
    steps_ms: Sequence[float],
    multiple: int,
) -> Path:
    """Draw latencies over widths, the learnt `steps_ms` through them, and a mark at every multiple; returns `path`.

    Raises:
        InputError: fewer than two widths, or `path` cannot be written.
    """
    if len(widths) < 2:
        raise InputError(f"A picture of cliffs needs at least two widths, got {len(widths)}; time more.")
    micros = [1000 * ms for ms in latencies_ms]
    low, high = min(micros), max([*micros, min(micros) * 1.01])
    low, high = low - 0.08 * (high - low), high + 0.08 * (high - low)

    def x(width: float) -> float:
        return _LEFT + (width - widths[0]) / (widths[-1] - widths[0]) * (_RIGHT - _LEFT)

    def y(value: float) -> float:
        return _BOTTOM - (value - low) / (high - low) * (_BOTTOM - _TOP)

    svg = ElementTree.Element(
        "svg", attribute_texts(xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img")
    )
    svg.set("aria-label", title)
    add(svg, "style", _STYLE)
    add(svg, "rect", class_="paper", x=0.5, y=0.5, width=_WIDTH - 1, height=_HEIGHT - 1, rx=12)
    for value, label in ticks((low, high), 5):
        add(svg, "line", class_="grid", x1=_LEFT, x2=_RIGHT, y1=y(value), y2=y(value))
        add(svg, "text", label, x=_LEFT - 9, y=y(value) + 4, text_anchor="end")
    for width in (w for w in widths if w % max(multiple, 8) == 0):
        add(svg, "line", class_="good", x1=x(width), x2=x(width), y1=_TOP, y2=_BOTTOM)
        add(svg, "text", str(width), x=x(width), y=_BOTTOM + 20, text_anchor="middle")
    stairs = " ".join(f"{x(w):.1f},{y(1000 * ms):.1f}" for w, ms in zip(widths, steps_ms, strict=True))
    add(svg, "polyline", class_="steps", points=stairs)
    for width, value in zip(widths, micros, strict=True):
        add(svg, "circle", class_="dot", cx=x(width), cy=y(value), r=3.2)
    add(svg, "text", title, class_="head", x=24, y=32)
    add(svg, "text", "Latency (µs)", x=24, y=54)
    add(svg, "text", "Channels", x=_RIGHT, y=_HEIGHT - 16, text_anchor="end")
    write_atomic(path, picture_text(svg))
    return path
