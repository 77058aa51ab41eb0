"""A file to begin with works as it is, and nothing is ever replaced by one."""

from pathlib import Path

import pytest
import torch

import hwnas
from hwnas.cli.new import _NEXT
from hwnas.contracts.objects import object_at
from hwnas.pipeline.open import open_space
from tests.cli.conftest import Command
from tests.cli.conftest import command as command  # noqa: PLC0414  a fixture

TEMPLATES = Path(hwnas.__file__).parent / "templates"


def test_there_is_a_kind_for_every_template() -> None:
    assert {path.stem for path in TEMPLATES.glob("*.py")} - {"__init__"} == set(_NEXT)


@pytest.mark.parametrize("kind", sorted(_NEXT))
def test_a_file_is_written_once_and_the_next_command_named(kind: str, tmp_path: Path, command: Command) -> None:
    folder = tmp_path / "a folder"
    ended = command("new", kind, str(folder))
    assert ended.code == 0
    path = folder / f"{kind}.py"
    assert path.read_text() == (TEMPLATES / path.name).read_text()
    assert f"hwnas {_NEXT[kind][0][0]}" in ended.output
    path.write_text("mine")
    ended = command("new", kind, str(folder))
    assert ended.code == 2
    assert "is there already, and nothing is replaced" in ended.errors
    assert path.read_text() == "mine"


def test_other_kinds_are_refused(tmp_path: Path, command: Command) -> None:
    ended = command("new", "modle", str(tmp_path))
    assert ended.code == 2
    assert "model" in ended.errors
    assert not list(tmp_path.glob("*.py"))


def test_the_model_can_shrink_and_takes_the_images_of_the_task(tmp_path: Path, command: Command) -> None:
    for kind in ("model", "task", "space"):
        command("new", kind, str(tmp_path))
    ended = command("elastic", f"{tmp_path}/model.py:net", "--inputs", "3x32x32")
    assert (ended.code, ended.errors) == (0, "")
    assert "widen" in ended.output
    task, network = hwnas.open_task(f"{tmp_path}/task.py:task"), object_at(f"{tmp_path}/model.py:net", "model")()  # type: ignore[operator]
    few = task.examples("report").take(slice(0, 2))
    assert network(*map(torch.from_numpy, few.inputs)).shape == (2, task.classes)
    assert open_space(f"{tmp_path}/space.py:space").inputs[0].shape == task.inputs[0].shape


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--method", "task.py:CLASSES"), "should be a function or a class, got int"),
        (("--method", "model.py:Block"), "should be a function that gives a training Method, got a class"),
        (("--method", "model.py:nn.Identity"), "has no 'nn.Identity'"),
        (("--method", "model.py:nett"), "has no 'nett'; it has, nearest first: net"),
        (("--task", "task.py:CLASSES"), "should be a task or a function that gives one, got 4"),
        (("--task", "model.py:net"), "is not a task"),
    ],
)
def test_an_object_of_another_kind_is_refused_in_a_sentence(
    tmp_path: Path, command: Command, words: tuple[str, str], problem: str
) -> None:
    for kind in ("model", "task", "space"):
        command("new", kind, str(tmp_path))
    given = {"--task": "task.py:task", words[0]: words[1]}
    ended = command("train", "space.py:space", *(word for pair in given.items() for word in pair), "-o", "run")
    assert (ended.code, ended.errors.count("\n")) == (2, 1)
    assert problem in ended.errors


@pytest.mark.parametrize(
    ("name", "words"), [("task.py:CLASSES", "got int"), ("model.py:Block", "cannot be made so|should give a Strategy")]
)
def test_a_strategy_of_another_kind_is_refused_in_a_sentence(name: str, words: str) -> None:
    space = hwnas.SearchSpace([hwnas.Choice("width", (1, 2))])
    with pytest.raises(hwnas.InputError, match=words):
        hwnas.open_strategy(f"{TEMPLATES}/{name}", space, [hwnas.Objective("accuracy", "max")])
