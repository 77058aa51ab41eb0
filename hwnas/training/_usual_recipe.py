"""A recipe of which a part is given, or nothing: the rest is what usually fits such a network."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.words import one_of
from hwnas.training._named import check_named
from hwnas.training._optimizers import OPTIMIZERS
from hwnas.training._recipe import Recipe
from hwnas.training._usual import DECAY_OF_ADAMW, RATES

Asked = Recipe | Mapping[str, Any] | None


def usual_recipe(network: nn.Module, asked: Asked, usual: Mapping[str, float], *, seed: int = 0) -> Recipe:
    """`asked`, if it is a whole recipe; else what fits a network, but for what `asked` names.

    A network with batch-norm learns by SGD at the rate of a training, which heals more than a small one does (Renda et
    al., "Comparing Rewinding and Fine-tuning in Neural Network Pruning", ICLR 2020). Any other one learns by AdamW: at
    that rate of SGD, what was left of a trained transformer came out worse than it was before
    (`benchmarks/healing_recipes.py`).

    Args:
        network: which learns.
        asked: fields of a recipe by name, or all of one.
        usual: how long, how many examples at once, and the weight decay of SGD, where nothing else is asked for.
        seed: of all that is drawn, where none is asked for.

    Raises:
        InputError: a name that no recipe has, two budgets, an optimizer of one's own without a rate, or a recipe that
            cannot be followed.
    """
    if isinstance(asked, Recipe):
        return asked
    if not isinstance(asked, Mapping | None):
        raise InputError(f"A recipe is a hwnas.Recipe, or a part of one by name, got {quoted(asked)}; give that.")
    given = dict(asked or {})
    for name in given:
        one_of("what a recipe says", name, (field.name for field in fields(Recipe)))
    if "epochs" in given and given.get("passes") is not None:
        raise InputError(
            f"A budget is in epochs or in passes, got {given['epochs']:g} epochs and {given['passes']} passes; give "
            "one of the two."
        )
    has_batch_norm = any(isinstance(module, _BatchNorm) for module in network.modules())
    optimizer = given.setdefault("optimizer", "sgd" if has_batch_norm else "adamw")
    check_named("the optimizer", optimizer, OPTIMIZERS)
    if "learning_rate" not in given:
        if optimizer not in RATES:
            raise InputError("An optimizer of your own has a learning rate of its own; give learning_rate, too.")
        given["learning_rate"] = RATES[optimizer]
    if optimizer == "adamw":
        usual = {**usual, "weight_decay": DECAY_OF_ADAMW}
    return Recipe(**{"seed": seed, **usual, **given})
