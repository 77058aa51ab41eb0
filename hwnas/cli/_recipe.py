"""The options of a training's recipe, the same in every command that trains."""

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from hwnas.cli._grouped import Command, grouped, option
from hwnas.training._usual import DECAY_OF_ADAMW, RATES

RECIPE = "recipe"
_OWN = "or FILE.py:NAME"


def with_recipe(usual: Mapping[str, float]) -> Callable[[Command], Command]:
    """The command with an option for everything that a recipe says but the seed, in place of its parameter `recipe`,
    which says what was typed.

    Args:
        usual: epochs, batch size and weight decay of SGD where nothing else is asked for.
    """

    def typed(asked: Mapping[str, object]) -> Mapping[str, object]:
        return {name: value for name, value in asked.items() if value is not None}

    return grouped(RECIPE, [option(name, kind, None) for name, kind in _kinds(usual).items()], typed)


def _kinds(usual: Mapping[str, float]) -> Mapping[str, object]:
    decay = f"Weight decay of kernels and matrices: {usual['weight_decay']:g}, for adamw {DECAY_OF_ADAMW:g}."
    rates = ", ".join(f"{rate:g} for {name}" for name, rate in RATES.items())
    return {
        "epochs": _number(f"Passes over the training data; {usual['epochs']:g} unless --passes is given."),
        "passes": Annotated[
            int | None, typer.Option(help="Budget in passes of a batch through a sub-network, instead of epochs.")
        ],
        "batch_size": Annotated[
            int | None,
            typer.Option(min=1, help=f"Examples that go through a network at once: {usual['batch_size']:g}."),
        ],
        "accumulate": Annotated[int | None, typer.Option(min=1, help="Batches whose gradients make one step: 1.")],
        "optimizer": Annotated[
            str | None,
            typer.Option(
                help=f"sgd, adamw {_OWN} of factory(groups, lr=...): sgd where the network has batch-norm, else adamw."
            ),
        ],
        "learning_rate": _number(f"Peak learning rate: {rates}."),
        "momentum": _number("Momentum of sgd; the first one of adamw: 0.9.", least=0),
        "schedule": Annotated[
            str | None, typer.Option(help=f"cosine, linear, constant {_OWN} of (step, steps) to a share: cosine.")
        ],
        "warmup_steps": Annotated[
            int | None, typer.Option(min=0, help="Steps to the peak rate, at most a quarter of all: 200.")
        ],
        "weight_decay": _number(decay, least=0),
        "clip_norm": _number("Largest L2 norm of a gradient; by default any."),
        "label_smoothing": _number("Share of a label that is spread over all classes: 0."),
        "average": _number("Hand out the average of the weights that keeps so much, as 0.999."),
        "validate_every": Annotated[int | None, typer.Option(help="Epochs between looks at the search examples.")],
        "patience": Annotated[int | None, typer.Option(help="Stop after so many epochs without a better look.")],
        "precision": Annotated[str | None, typer.Option(help="float32, bfloat16 or float16: float32.")],
    }


def _number(said: str, least: float | None = None) -> object:
    return Annotated[float | None, typer.Option(min=least, help=said)]
