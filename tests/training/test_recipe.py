import json

import numpy as np
import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.training._recipe import Recipe


def test_the_rate_warms_up_then_falls_to_almost_nothing() -> None:
    rates = [Recipe(warmup_steps=10).rate(step, 100) for step in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 1e-3 * max(rates)
    assert max(rates) <= 0.1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"epochs": 0}, "The number of epochs is above 0, got 0"),
        ({"epochs": float("nan")}, "The number of epochs is a finite number, got nan"),
        ({"epochs": "three"}, "The number of epochs is a finite number, got 'three'"),
        ({"learning_rate": -1.0}, "The learning rate is above 0"),
        ({"learning_rate": float("inf")}, "The learning rate is a finite number"),
        ({"batch_size": 0}, "The batch size is a whole number of at least 1, got 0"),
        ({"batch_size": 32.5}, "The batch size is a whole number"),
        ({"passes": 0}, "The number of passes is a whole number of at least 1"),
        ({"passes": "many"}, "The number of passes is a whole number"),
        ({"optimizer": "adamv"}, "The optimizer is one of adamw, sgd, FILE.py:NAME, got 'adamv'"),
        ({"optimizer": 3}, "The optimizer is one of"),
        ({"schedule": "cosin"}, "The schedule is one of cosine, constant, linear, FILE.py:NAME, got 'cosin'"),
        ({"precision": "fp16"}, "The precision is one of float16"),
        ({"accumulate": 0}, "batches to accumulate is a whole number of at least 1"),
        ({"patience": 0}, "Patience, in epochs, is a whole number of at least 1"),
        ({"validate_every": 0.5}, "Validate_every, in epochs, is a whole number"),
        ({"label_smoothing": 1.0}, "label_smoothing is from 0 to below 1"),
        ({"average": -0.1}, "average is from 0 to below 1"),
        ({"momentum": 1.0}, "momentum is from 0 to below 1"),
        ({"weight_decay": -1e-4}, "weight_decay is at least 0"),
        ({"warmup_steps": -1}, "warm-up steps is a whole number of at least 0"),
        ({"clip_norm": 0.0}, "clip_norm is above 0"),
        ({"optimizer": "adamw"}, "A learning rate of 0.1 is SGD's"),
    ],
)
def test_a_word_that_names_nothing_and_a_figure_out_of_range_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        Recipe(**wrong)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_a_schedule_of_ones_own_gives_the_share_of_the_peak_after_warm_up() -> None:
    recipe = Recipe(schedule=lambda step, steps: 0.5 if step < steps // 2 else 0.25, learning_rate=0.2, warmup_steps=1)
    assert [recipe.rate(step, 4) for step in range(4)] == [0.1, 0.1, 0.05, 0.05]
    with pytest.raises(InputError, match=r"should give a share of the peak rate for step 0 of 4, got nan"):
        Recipe(schedule=lambda *_: float("nan")).rate(0, 4)


def test_a_schedule_that_raises_is_refused_with_its_step() -> None:
    recipe = Recipe(schedule=lambda step, _: [1.0, 0.5][step])
    assert recipe.rate(1, 9) == 0.05
    with pytest.raises(InputError, match="The recipe's schedule fails for step 2 of 9: IndexError: list index out of"):
        recipe.rate(2, 9)


def test_numbers_of_numpy_are_recorded_as_json() -> None:
    recipe = Recipe(clip_norm=np.float32(0.5), patience=np.int64(2))  # type: ignore[arg-type]
    assert Recipe.recorded(json.loads(json.dumps(recipe.settings))) == recipe


def test_a_recorded_recipe_is_the_one_that_was_recorded() -> None:
    recipe = Recipe(epochs=2.5, optimizer="adamw", learning_rate=0.001, schedule="linear", patience=2, clip_norm=1.0)
    assert Recipe.recorded(json.loads(json.dumps(recipe.settings))) == recipe
    own = Recipe(optimizer=torch.optim.RMSprop)
    assert own.settings["optimizer"] == "torch.optim.rmsprop.RMSprop"
    with pytest.raises(InputError, match=r"optimizer was given in Python \(torch.*\); give the same recipe again"):
        Recipe.recorded(own.settings)
    with pytest.raises(InputError, match="is not run on a file's word"):
        Recipe.recorded({"optimizer": "/nowhere/mine.py:fast"})
