from pathlib import Path

import pytest

from hwnas.pipeline.open import load_supernet
from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused

MODEL = "from tests.elasticity.networks import Cnn\nimport torch\n\nnet = Cnn().eval()\nx = torch.zeros(3, 1, 8, 8)\n"


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "own.py").write_text(MODEL)
    return "own.py:net"


def test_a_network_of_a_file_is_told_of_and_written(command: Command, model: str) -> None:
    ended = command("elastic", model, "--inputs", "1x8x8", "--out", "mine", "--keep", "block.*")
    assert ended.code == 0
    assert "down.width" in ended.output
    assert "block.first.width" in ended.output  # among what stays
    assert "is to be kept" in ended.output
    assert "hwnas search mine" in ended.output
    assert load_supernet("mine").space.names == ("down.width", "hidden.width")
    refused(command("train", "mine", "-o", "trained"), "names no task", "--task")
    again = command("elastic", model, "--inputs", "1x8x8", "--out", "mine")
    assert again.code == 2
    assert "holds a supernet already" in again.errors


def test_smaller_images_are_one_more_choice(command: Command, model: str) -> None:
    ended = command("elastic", model, "--inputs", "1x8x8", "--only", "hidden", "--resolution", "6", "--out", "mine")
    assert ended.code == 0
    assert "resolution 6, 8. All figures below are at the largest." in ended.output
    assert load_supernet("mine").space.names[-2:] == ("hidden.width", "resolution")


def test_example_inputs_can_be_those_of_a_file(command: Command, model: str) -> None:
    ended = command("elastic", model, "--inputs", "own.py:x", "--only", "hidden")
    assert ended.code == 0
    assert "hidden.width" in ended.output
    assert "--out" in ended.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("own.py:nets", "--inputs", "1x8x8"), "has no 'nets'; it has, nearest first: net"),
        (("other.py:net", "--inputs", "1x8x8"), "No file other.py"),
        (("net", "--inputs", "1x8x8"), "is named FILE.py:NAME"),
        (("own.py:x", "--inputs", "1x8x8"), "should be an nn.Module"),
        (("own.py:net", "--inputs", "8"), "fails on inputs of"),
        (("own.py:net", "--inputs", "1,8,8"), "sizes such as 3x224x224"),
        (("own.py:net", "--inputs", "own.py:net"), "should be a tensor"),
        (("broken.py:net", "--inputs", "8"), "broken.py cannot be run: ZeroDivisionError"),
    ],
)
def test_what_is_no_network_or_no_input_is_refused_in_one_sentence(
    command: Command, model: str, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "broken.py").write_text("net = 1 / 0\n")
    ended = command("elastic", *words)
    assert (ended.code, model) == (2, "own.py:net")
    assert said in ended.errors
    assert "Traceback" not in ended.errors


def test_with_a_device_widths_are_those_that_it_likes_and_times_stand_in_the_table(
    command: Command, model: str, tmp_path: Path
) -> None:
    (tmp_path / "board.py").write_text("from tests.plugged import Simulated\n\nboard = Simulated()\n")
    ended = command("elastic", model, "--inputs", "1x8x8", "--device", "board.py:board")
    assert ended.code == 0
    assert "board.py:board likes" in ended.output
    assert "time on" in ended.output
    assert " ms" in ended.output.partition("time on")[2]


def test_a_device_that_is_too_busy_costs_the_times_and_nothing_else(
    command: Command, model: str, tmp_path: Path
) -> None:
    (tmp_path / "board.py").write_text("from tests.plugged import Simulated\n\nboard = Simulated(others_busy=9.0)\n")
    asked = ("--inputs", "1x8x8", "--device", "board.py:board", "--multiple-of", "2", "--out", "mine")
    ended = command("elastic", model, *asked)
    assert ended.code == 3
    assert ended.output.partition("time on")[2].count("unknown") == 3
    assert "cannot be told now" in ended.errors
    assert load_supernet("mine").space.names
