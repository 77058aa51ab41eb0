from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hwnas.pipeline.open import open_space
from hwnas.supernet import Supernet
from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused

TRAIN = ("train", "tiny", "--task", "tiny", "--batch-size", "24", "-o")


def test_a_method_its_settings_its_sharing_and_a_budget_in_passes_are_taken(command: Command, tmp_path: Path) -> None:
    how = ("--method", "sandwich", "--setting", "randoms=1", "--sharing", "members", "--passes", "7")
    ended = command(*TRAIN, "new", *how)
    assert ended.code == 0, ended.errors
    assert "Trained 2 steps (6 sub-network passes)" in ended.output
    record = Supernet.load(tmp_path / "new").record
    assert record["method"] == {"name": "sandwich", "randoms": 1}
    assert record["sharing"]["name"] == "members"  # type: ignore[index]


def test_a_supernet_of_several_tasks_is_not_sent_to_a_search(command: Command) -> None:
    ended = command(*TRAIN, "new", "--method", "exssnet", "--passes", "8")
    assert (ended.code, "hwnas search" in ended.output) == (0, False)
    assert "`supernet.extract(architecture, member=TASK)` in Python" in ended.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--epochs", "1", "--passes", "8"), ("1 epochs", "8 passes", "give one")),
        (("--setting", "randoms"), ("name=value", "such as randoms=1", "'randoms'")),
        (("--setting", "randoms=few"), ("'sandwich' does not take randoms = 'few'", "randoms")),
        (("--passes", "3"), ("takes 4 sub-network passes", "budget of 3")),
        (("--sharing", "prefx"), ("'prefx'", "prefix")),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_sentence(
    command: Command, options: tuple[str, ...], said: tuple[str, ...]
) -> None:
    refused(command(*TRAIN, "new", *options), *said)


def test_a_learning_rate_that_trains_to_no_numbers_stops_with_the_step(command: Command, tmp_path: Path) -> None:
    ended = command(*TRAIN, "new", "--learning-rate", "1e30", "--epochs", "40")
    assert ended.code == 2
    said = ended.errors.splitlines()[-1]  # below the progress
    assert said.startswith("hwnas: The training diverged at step ")
    assert "with a learning rate below 1e+30. new keeps the last checkpoint before." in said
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["training.safetensors"]


def test_a_folder_of_images_is_trained_on_at_the_size_of_the_space(command: Command, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(60):
        path = tmp_path / "photos" / ("cat", "dog", "cow")[i % 3] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)).save(path)
    command("new", "space", ".")
    space = tmp_path / "space.py"
    space.write_text(space.read_text().replace("nn.Linear(width, 4)", "nn.Linear(width, 3)"))
    ended = command(
        "train", "space.py:space", "--task", "images:photos", "--epochs", "1", "--batch-size", "8", "-o", "run"
    )
    assert ended.code == 0, ended.errors
    assert ended.errors.startswith("hwnas: Task 'images' cuts examples from train: 9 for search and 9 for report; 42")
    assert "hwnas search run --device cpu --space space.py:space --task images:photos" in ended.output
    assert Supernet.load(tmp_path / "run", open_space("space.py:space")).record["data"]["classes"] == "cat, cow, dog"  # type: ignore[index]
    again = command("train", "space.py:space", "--task", "images:nowhere", "-o", "run")
    refused(again, "No folder", "nowhere", "of images")
