"""The options that limit figures, the same in every command that takes limits: one per figure, score and speedup."""

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli._grouped import Command, grouped, option
from hwnas.cli._units import parse_figure, parse_score, parse_speedup
from hwnas.contracts.figures import FIGURES, OBJECTIVES

if TYPE_CHECKING:  # loaded when first used, so that help is quick
    from hwnas.pipeline.selection.limits import Limits

LIMITS, WORST_SCORE, SPEEDUP = "limits", "worst_score", "speedup"
WorstScore = Annotated[str | None, typer.Option(help="Worst score accepted, such as an accuracy of 92% (or 0.92).")]
Speedup = Annotated[str | None, typer.Option(help="How many times as fast as the original network, such as 2x.")]
ExtraObjective = Annotated[
    list[str] | None, typer.Option(help=f"Extra objective to minimise: {', '.join(OBJECTIVES)}; repeatable.")
]


def with_limits(command: Command) -> Command:
    """The command with an option for every limit, ``--max-p95 5ms`` and the like, in place of its parameter `limits`,
    which it gets as `Limits`.
    """
    return grouped(LIMITS, _options(), parse_limits)(command)


def parse_limits(asked: Mapping[str, object]) -> "Limits":
    """Limits from what was typed behind each option; None: not given.

    Raises:
        InputError: a value has no unit, is no number, or makes no sense.
    """
    from hwnas.pipeline.selection.limits import Limits

    given = {name: str(text) for name, text in asked.items() if text is not None}
    bounds = {f.name: parse_figure(given[f.option], f.unit) for f in FIGURES if f.option in given}
    return Limits(
        bounds,
        parse_score(given[WORST_SCORE]) if WORST_SCORE in given else None,
        speedup=parse_speedup(given[SPEEDUP]) if SPEEDUP in given else None,
    )


def _options() -> list[inspect.Parameter]:
    kinds = {
        f.option: Annotated[str | None, typer.Option(help=f"Limit on the {f.what}, such as {f.example}.")]
        for f in FIGURES
    }
    return [option(name, kind, None) for name, kind in {**kinds, WORST_SCORE: WorstScore, SPEEDUP: Speedup}.items()]
