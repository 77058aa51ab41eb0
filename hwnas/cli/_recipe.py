"""The options of a training's recipe, the same in every command that trains."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli._grouped import Command, grouped, option

if TYPE_CHECKING:  # loaded when first used, so that help is quick
    from hwnas.training._recipe import Recipe

RECIPE = "recipe"
_OWN = "or FILE.py:NAME"
_SHARE = float | None
_RATE_OF_ADAMW = 0.01  # of that of SGD

_KINDS: Mapping[str, object] = {
    "epochs": _SHARE,
    "passes": Annotated[
        int | None, typer.Option(help="Budget in passes of a batch through a sub-network, instead of epochs.")
    ],
    "batch_size": Annotated[int, typer.Option(min=1, help="Examples that go through a network at once.")],
    "accumulate": Annotated[int, typer.Option(min=1, help="Batches whose gradients make one step.")],
    "optimizer": Annotated[str, typer.Option(help=f"sgd, adamw {_OWN} of factory(groups, lr=...).")],
    "learning_rate": _SHARE,
    "momentum": Annotated[float, typer.Option(min=0, help="Momentum of sgd; the first one of adamw.")],
    "schedule": Annotated[str, typer.Option(help=f"cosine, linear, constant {_OWN} of (step, steps) to a share.")],
    "warmup_steps": Annotated[int, typer.Option(min=0, help="Steps to the peak rate, at most a quarter of all.")],
    "weight_decay": Annotated[float, typer.Option(min=0, help="Weight decay of kernels and matrices.")],
    "clip_norm": Annotated[_SHARE, typer.Option(help="Largest L2 norm of a gradient; by default any.")],
    "label_smoothing": Annotated[float, typer.Option(help="Share of a label that is spread over all classes.")],
    "average": Annotated[float, typer.Option(help="Hand out the average of the weights that keeps so much, as 0.999.")],
    "validate_every": Annotated[int | None, typer.Option(help="Epochs between looks at the search examples.")],
    "patience": Annotated[int | None, typer.Option(help="Stop after so many epochs without a better look.")],
    "precision": Annotated[str, typer.Option(help="float32, bfloat16 or float16.")],
}
_DEFAULTS: Mapping[str, object] = {
    "accumulate": 1, "optimizer": "sgd", "schedule": "cosine", "warmup_steps": 200, "label_smoothing": 0.0,
    "average": 0.0, "precision": "float32", "momentum": 0.9,
}  # fmt: skip


def with_recipe(
    *, epochs: float, batch_size: int, learning_rate: float, weight_decay: float
) -> Callable[[Command], Command]:
    """The command with an option for everything that a recipe says but the seed, in place of its parameter `recipe`.

    Args:
        epochs, batch_size, learning_rate, weight_decay: where nothing else is asked for; the rate is for SGD.
    """

    def made(asked: Mapping[str, object]) -> "Recipe":
        return parse_recipe(asked, epochs, learning_rate)

    defaults = {**_DEFAULTS, "batch_size": batch_size, "weight_decay": weight_decay}
    options = [option(name, kind, defaults.get(name)) for name, kind in _described(epochs, learning_rate).items()]
    return grouped(RECIPE, options, made)


def parse_recipe(asked: Mapping[str, object], epochs: float, learning_rate: float) -> "Recipe":
    """A recipe from what was typed behind each option; `epochs` and `learning_rate` (of SGD) where nothing was.

    Raises:
        InputError: it cannot be followed.
    """
    from hwnas.contracts.errors import InputError
    from hwnas.training._recipe import Recipe

    if asked["epochs"] is not None and asked["passes"] is not None:
        raise InputError(
            f"A budget is in epochs or in passes, got --epochs {asked['epochs']:g} and --passes {asked['passes']}; "
            "give one."
        )
    given = {name: value for name, value in asked.items() if value is not None}
    rates = {"sgd": learning_rate, "adamw": _RATE_OF_ADAMW * learning_rate}
    if "learning_rate" not in given and given["optimizer"] in rates:
        given["learning_rate"] = rates[str(given["optimizer"])]
    recipe = Recipe(**{"epochs": epochs, "learning_rate": learning_rate, **given})  # type: ignore[arg-type]
    if "learning_rate" not in given:
        raise InputError("An optimizer of your own has a learning rate of its own; give --learning-rate.")
    return recipe


def _described(epochs: float, learning_rate: float) -> dict[str, object]:
    said = {
        "epochs": f"Passes over the training data; {epochs:g} unless --passes is given.",
        "learning_rate": f"Peak learning rate: {learning_rate:g}, for adamw {_RATE_OF_ADAMW * learning_rate:g}.",
    }
    return {**_KINDS, **{name: Annotated[_SHARE, typer.Option(help=text)] for name, text in said.items()}}
