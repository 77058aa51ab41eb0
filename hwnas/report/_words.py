"""Figures and cards in words and units people read."""

import math
import re
from collections.abc import Mapping

from hwnas.contracts.choice import Option
from hwnas.contracts.figures import EXTRA, FIGURES
from hwnas.contracts.objective import Objective
from hwnas.contracts.predictor import HonestyCard
from hwnas.contracts.shown import unit
from hwnas.contracts.task import SHARE
from hwnas.report.story import FrontPoint, Guesses, HypervolumeCurve

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_UNITS = "|".join(sorted({name for figure in FIGURES for name in figure.unit.shown_in}))


def digits(value: float, significant: int = 3) -> str:
    """`value` to so many significant digits, never with an exponent: ``0.0123``, ``1.20``, ``1235``."""
    if value == 0:
        return "0"
    after = significant - 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{max(0, after)}f}"


def scaled(value: float, unit: str = "") -> str:
    """`value` with a decimal prefix: ``1.93 MB``, ``11.2 M``."""
    for size, prefix in _PREFIXES:
        if abs(value) >= size:
            return f"{digits(value / size)} {prefix}{unit}"
    return f"{value:.0f} {unit}".rstrip()


def unbroken(prose: str) -> str:
    """The same with figures and their units kept on one line."""
    return re.sub(rf"(?<=\d) (?=(?:%|{_UNITS})(?!\w))", "\N{NO-BREAK SPACE}", prose)


def milliseconds(value: float) -> str:
    """``1.23 ms``."""
    return f"{digits(value)} ms"


def count(value: int) -> str:
    """``12,345``, or ``2.2 × 10¹⁷`` beyond a million."""
    if value < 1_000_000:
        return f"{value:,}"
    power = len(str(value)) - 1
    leading = value // 10 ** (power - 2) / 100
    return f"{leading:.1f} \N{MULTIPLICATION SIGN} 10{str(power).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def compact(architecture: Mapping[str, Option]) -> list[list[str]]:
    """An architecture as a small table, its first row the head: choices by the first part of their name (rows) and
    the last part (columns), as in ``[["", "depth", "kernel"], ["stage1", "2", "3 5"]]``.
    """
    groups: dict[str, dict[str, list[str]]] = {}
    for name, option in architecture.items():
        group, _, rest = name.partition(".")
        groups.setdefault(group, {}).setdefault(rest.rpartition(".")[2], []).append(str(option))
    columns = list(dict.fromkeys(knob for knobs in groups.values() for knob in knobs))
    rows = [[group, *(" ".join(knobs.get(knob, ())) for knob in columns)] for group, knobs in groups.items()]
    return [["", *columns], *rows]


def described(point: FrontPoint, figure: Objective) -> list[tuple[str, str]]:
    """What there is to say of a sub-network, label and value."""
    rows = [
        (figure.name, f"{score(figure, point.score)} ({interval_score(figure, point)})"),
        ("latency", f"{milliseconds(point.latency_ms)} ({interval_ms(point)})"),
    ]
    if point.beside_original is not None:
        rows.append(("original", point.beside_original))
    if point.budget_ms is not None:
        rows.append(("budget", milliseconds(point.budget_ms)))
    if point.predicted_latency_ms is not None:
        rows.append(("predicted latency", milliseconds(point.predicted_latency_ms)))
    if point.predicted_score is not None:
        rows.append((f"predicted {figure.name}", score(figure, point.predicted_score)))
    return [
        *rows,
        ("size", scaled(point.size_bytes, "B")),
        *((EXTRA[name].what, EXTRA[name].unit.shown(value)) for name, value in point.extra.items()),
        ("MACs", scaled(point.macs)),
        ("parameters", scaled(point.params)),
        *([] if point.validated else [("state", "not validated")]),
    ]


def score(figure: Objective, value: float) -> str:
    """``93.12 %``, or ``3.14 mm``."""
    return f"{_number(figure, value)} {unit(figure)}".rstrip()


def interval_score(figure: Objective, point: FrontPoint) -> str:
    """``92.80 - 93.40``."""
    return f"{_number(figure, point.score_low)} \N{EN DASH} {_number(figure, point.score_high)}"


def _number(figure: Objective, value: float) -> str:
    return f"{100 * value:.2f}" if figure.unit == SHARE else digits(value, 4)


def interval_ms(point: FrontPoint) -> str:
    """``1.21 - 1.25``."""
    return f"{digits(point.latency_low_ms)} \N{EN DASH} {digits(point.latency_high_ms)}"


def honesty(guesses: Guesses) -> str:
    """The honesty card of a target in words."""
    card = guesses.honesty
    if card is None:
        return "No honesty card was written for this predictor."
    return (
        f"Trained on {card.samples} measured sub-networks ({card.model}). On {card.held_out} held-out figures the mean "
        f"error is {_error(card, guesses.unit, card.mean_error)}, its 95th percentile "
        f"{_error(card, guesses.unit, card.p95_error)}, and Kendall's tau {card.kendall_tau:.2f} (1 is perfect). The "
        f"{100 * card.interval_confidence:.0f} % intervals cover {100 * card.interval_coverage:.0f} % of the truths."
    )


def _error(card: HonestyCard, unit: str, value: float) -> str:
    if card.relative:
        return f"{digits(100 * value, 2)} %"
    return f"{digits(100 * value, 2)} points" if unit == "%" else f"{digits(value, 2)} {unit}".rstrip()


def race(progress: tuple[HypervolumeCurve, ...]) -> str:
    """Who got how far, search or random, in a sentence; empty when one of them is missing."""
    steps = {curve.run: curve.steps for curve in progress if curve.steps}
    if len(steps) < 2:
        return ""
    search, random = steps["search"], steps["random"]
    (search_count, search_end), (random_count, random_end) = search[-1], random[-1]
    ends = (
        f"After {search_count} evaluations the search reaches a hypervolume of {search_end:.3f}; "
        f"random search reaches {random_end:.3f} after {random_count}."
    )
    passed = next((n for n, volume in search if volume >= random_end), None)
    if passed is None:
        return f"{ends} Here the search did not reach the result of random search."
    return f"{ends} The search reached the final value of random search after {passed}."
