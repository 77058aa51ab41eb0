"""Every command that writes where its user says has the one way to replace a user's files."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest

from hwnas.cli._app import commands, function_of
from tests.cli.conftest import Command

WRITTEN_TO = {"output", "junit"}
WRITE_IN_A_RUN = {"search", "report"}


@pytest.mark.parametrize("name", commands())
def test_a_command_that_writes_somewhere_has_force(name: str) -> None:
    command = function_of(name)
    parameters = inspect.signature(getattr(import_module(f"hwnas.cli.{command}"), command)).parameters
    assert ("force" in parameters) == (bool(WRITTEN_TO & set(parameters)) or name in WRITE_IN_A_RUN)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("import published.csv --out mine.json", "mine.json"),
        ("profile cpu --space mobilenetv3_grey28 --samples 1 --out mine.json", "mine.json"),
        ("profile cpu --cliffs --out mine.svg", "mine.svg"),
        ("compare --strategies random --seeds 1 --evaluations 2 --out .", "compare.json"),
        ("train mobilenetv3_grey28 --task fashion_mnist_slice --epochs 0.01 --output .", "supernet.json"),
        ("demo --out .", "model.json"),
        ("demo --out .", "supernet.json"),
        ("check none.onnx --max-latency 1s --junit mine.xml", "mine.xml"),
    ],
)
def test_no_command_replaces_a_file_of_its_users(command: Command, words: str, name: str) -> None:
    Path("published.csv").write_text("width,latency_ms\n8,1\n16,2\n")
    Path(name).write_text("mine")
    ended = command(*words.split())
    assert ended.code == 2, ended.errors
    assert f"{name} is there already" in ended.errors
    assert Path(name).read_text() == "mine"
