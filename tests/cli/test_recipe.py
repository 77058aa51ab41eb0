"""Recipes as commands take them."""

import inspect
import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from hwnas.cli.shrink import shrink
from hwnas.cli.train import train
from hwnas.supernet import Supernet
from hwnas.training._recipe import Recipe
from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused

TRAIN = ("train", "tiny", "--task", "tiny", "--batch-size", "8", "-o", "new")


@pytest.mark.parametrize("of", [train, shrink])
def test_everything_that_a_recipe_says_can_be_typed(of: Callable[..., None]) -> None:
    assert {field.name for field in fields(Recipe)} <= inspect.signature(of).parameters.keys()


def test_what_is_typed_is_what_is_trained_by_and_recorded(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def half(step, steps):\n    return 0.5\n")
    ended = command(
        *TRAIN, "--epochs", "3", "--optimizer", "adamw", "--schedule", "mine.py:half", "--clip-norm", "1",
        "--accumulate", "2", "--label-smoothing", "0.1", "--average", "0.9", "--patience", "1", "--precision",
        "bfloat16", "--warmup-steps", "0",
    )  # fmt: skip
    assert ended.code == 0, ended.errors
    assert "the best by the search examples" in ended.output
    recipe = Supernet.load(tmp_path / "new").record["recipe"]
    assert recipe["schedule"] == "mine.py:half"  # type: ignore[index]
    assert (recipe["accumulate"], recipe["patience"], recipe["precision"]) == (2, 1, "bfloat16")  # type: ignore[index]
    lines = [json.loads(line) for line in (tmp_path / "new" / "training.jsonl").read_text().splitlines()]
    assert {line["rate"] for line in lines} == {0.0005}
    assert all(set(line["losses"]) == {"largest", "random", "smallest"} for line in lines)
    assert lines[-1]["figures"].keys() == {"smallest", "largest"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--optimizer", "adamv"), ("one of adamw, sgd", "'adamv'")),
        (("--schedule", "nowhere.py:f"), ("No file", "nowhere.py")),
        (("--precision", "half"), ("float16", "'half'")),
        (("--on", "cuda:77"), ("cuda:77 is not there", "--on cpu")),
        (("--label-smoothing", "1.5"), ("label_smoothing", "1.5")),
        (("--accumulate", "100"), ("48 training examples", "800", "smaller batch")),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused_in_one_sentence(
    command: Command, options: tuple[str, ...], said: tuple[str, ...]
) -> None:
    refused(command(*TRAIN, *options), *said)
