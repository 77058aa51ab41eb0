"""`hwnas shrink` on files of one's own: a network and a task."""

from pathlib import Path

from tests.cli.conftest import Command

NETWORK = """
import torch
from tests.elasticity.networks import Cnn

def net():
    torch.manual_seed(0)
    return Cnn().eval()
"""
TASK = """
import hwnas
from hwnas.testing._tiny_task import TinyTask

task = TinyTask(hwnas.InputSpec("x", (1, 8, 8)))
"""


def files(folder: Path) -> tuple[str, ...]:
    (folder / "my_model.py").write_text(NETWORK)
    (folder / "my_task.py").write_text(TASK)
    return ("shrink", "my_model.py:net", "--task", "my_task.py:task", "--device", "simulated", "-o", "run")


def test_a_network_and_a_task_of_ones_own_become_a_model_in_the_folder(command: Command, tmp_path: Path) -> None:
    quick = (
        "--samples",
        "24",
        "--evaluations",
        "16",
        "--preset",
        "rapid",
        "--best",
        "1",
        "--epochs",
        "1",
        "--batch-size",
        "8",
    )
    ended = command(*files(tmp_path), "--speedup", "1.5x", *quick)
    assert ended.code == 0, ended.errors
    assert "Beside the original: " in ended.output
    assert ended.output.splitlines()[-1].startswith("Next: hwnas check run/model.onnx --device simulated")
    assert (tmp_path / "run" / "model.onnx").is_file()
    assert (tmp_path / "run" / "report.html").is_file()


def test_what_is_missing_is_said_in_a_sentence(command: Command, tmp_path: Path) -> None:
    words = files(tmp_path)
    for asked, said in (
        ((), "Nothing says how small it should be"),
        (("--speedup", "fast"), "2x"),
        (("--speedup", "0.5x"), "A speedup is above 1"),
    ):
        ended = command(*words, *asked)
        assert ended.code == 2
        assert said in ended.errors
    ended = command(*words, "--speedup", "2x")
    assert (ended.code, ended.errors.count("\n")) == (2, 1)  # nothing was begun
    assert "24 training examples, fewer than one batch of 64" in ended.errors
    (tmp_path / "fresh.py").write_text(
        "import torch\n\n\nclass Net(torch.nn.Linear):\n    def __init__(self): super().__init__(4, 2)\n"
    )
    ended = command("shrink", "fresh.py:Net", *words[2:], "--speedup", "2x", "--batch-size", "8")
    assert ended.code == 2
    assert "fresh.py:Net gives other weights each time, so they are no trained ones" in ended.errors
    ended = command("shrink", "my_model.py:other", *words[2:], "--speedup", "2x", "--batch-size", "8")
    assert ended.code == 2
    assert "other" in ended.errors
