"""The options that limit figures, the same in every command that takes limits: one per figure, score and speedup."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Annotated

import typer

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


def with_limits(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for every limit, ``--max-p95 5ms`` and the like, in place of its parameter `limits`,
    which it gets as `Limits`.
    """
    own = inspect.signature(command).parameters
    parameters = [each for name in own for each in (_options() if name == LIMITS else [own[name]])]

    @wraps(command)
    def run(**given: object) -> None:
        asked = {each.name: given.pop(each.name, None) for each in _options()}
        command(**given, **{LIMITS: parse_limits(asked)})

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # as inspect reads it
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


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
    return [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=kind)
        for name, kind in {**kinds, WORST_SCORE: WorstScore, SPEEDUP: Speedup}.items()
    ]
