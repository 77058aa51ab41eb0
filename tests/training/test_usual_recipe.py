"""What a network learns by where a recipe is given in part, or not at all."""

from typing import Any

import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.training._recipe import Recipe
from hwnas.training._usual import TO_HEAL, TO_TRAIN
from hwnas.training._usual_recipe import usual_recipe

WITH_BATCH_NORM = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
WITH_LAYER_NORM = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4))


def test_a_network_with_batch_norm_learns_by_sgd_and_any_other_by_adamw() -> None:
    assert usual_recipe(WITH_BATCH_NORM, None, TO_HEAL, seed=3) == Recipe(
        epochs=3, batch_size=64, optimizer="sgd", learning_rate=0.1, weight_decay=1e-4, seed=3
    )
    for network in (WITH_LAYER_NORM, nn.LSTM(4, 4)):
        assert usual_recipe(network, {}, TO_TRAIN) == Recipe(
            epochs=14, batch_size=128, optimizer="adamw", learning_rate=0.001, weight_decay=0.01
        )


def test_what_is_asked_for_is_taken_and_the_rate_is_that_of_the_optimizer() -> None:
    recipe = usual_recipe(WITH_BATCH_NORM, {"optimizer": "adamw", "passes": 8, "seed": 5}, TO_HEAL, seed=3)
    assert (recipe.optimizer, recipe.learning_rate, recipe.passes, recipe.seed) == ("adamw", 0.001, 8, 5)
    recipe = usual_recipe(WITH_LAYER_NORM, {"optimizer": "sgd", "weight_decay": 0.0}, TO_HEAL)
    assert (recipe.optimizer, recipe.learning_rate, recipe.weight_decay) == ("sgd", 0.1, 0.0)
    own = usual_recipe(WITH_LAYER_NORM, {"optimizer": torch.optim.RMSprop, "learning_rate": 0.02}, TO_HEAL)
    assert (own.optimizer, own.learning_rate) == (torch.optim.RMSprop, 0.02)


def test_a_whole_recipe_is_taken_as_it_is() -> None:
    whole = Recipe(epochs=1, learning_rate=0.5)
    assert usual_recipe(WITH_LAYER_NORM, whole, TO_HEAL, seed=3) is whole


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"epoch": 1}, "is one of epochs"),
        ({"epochs": 1, "passes": 2}, "1 epochs and 2 passes"),
        ({"optimizer": torch.optim.RMSprop}, "give learning_rate"),
        ({"epochs": 0}, "number of epochs is above 0"),
        (3, "a part of one by name, got 3"),
    ],
)
def test_what_cannot_be_followed_is_refused(asked: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        usual_recipe(WITH_BATCH_NORM, asked, TO_HEAL)


def test_no_budget_in_passes_is_one_in_epochs() -> None:
    recipe = usual_recipe(WITH_BATCH_NORM, {"epochs": 2, "passes": None}, TO_HEAL)
    assert (recipe.epochs, recipe.passes) == (2, None)
