"""Several processes train one supernet, as torchrun starts them."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.distributed import run as torchrun

from hwnas.contracts.errors import InputError
from hwnas.contracts.objects import object_at
from hwnas.contracts.search_space import SearchSpace
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_cnn
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._curve import StepDone
from hwnas.training._loop import Trainer
from hwnas.training._processes import Processes, joined
from hwnas.training._recipe import Recipe
from hwnas.training.few_shot import few_shot
from hwnas.training.gm_nas import gm_nas
from hwnas.training.sandwich import sandwich
from hwnas.training.shift_nas import shift_nas

OWN = """\
from torch import nn
from hwnas import Choice, InputSpec, SearchSpace
from hwnas.testing._tiny_task import TinyTask
spec = InputSpec("x", (6,))
task = TinyTask(spec, n=24)
def build(a):
    return nn.Sequential(nn.Linear(6, a["width"]), nn.ReLU(), nn.Linear(a["width"], 3))
space = SearchSpace([Choice("width", (4, 8))], build=build, inputs=[spec])
"""
RECIPE = Recipe(epochs=4, batch_size=6, learning_rate=0.05, warmup_steps=3)
OPTIONS = ("--epochs", "4", "--batch-size", "6", "--optimizer", "sgd", "--learning-rate", "0.05", "--warmup-steps", "3")
TWICE = replace(RECIPE, accumulate=2)


class KilledError(Exception):
    """What interrupts a training."""


def trainer(folder: Path, recipe: Recipe = TWICE, processes: Processes | None = None) -> Trainer:
    (folder.parent / "own.py").write_text(OWN)
    space, task = (object_at(f"{folder.parent}/own.py:{name}", name) for name in ("space", "task"))
    assert isinstance(space, SearchSpace)
    assert isinstance(task, TinyTask)
    return Trainer(Supernet(space), task, sandwich(space), recipe, folder, processes=processes)


@pytest.fixture
def handlers_kept() -> Iterator[None]:
    """Torchrun takes signals for itself."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers_kept")
def test_two_processes_go_on_where_one_stood_and_end_as_one_does_that_accumulates_both_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def killed(done: StepDone) -> None:
        if done.step == 4:
            raise KilledError

    whole = trainer(tmp_path / "one")
    whole.run()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KilledError):
        trainer(tmp_path / "two").run(killed, save_seconds=-1.0)
    asked = ("train", "own.py:space", "--task", "own.py:task", *OPTIONS, "-o", "two")
    torchrun.main(["--standalone", "--nproc-per-node", "2", "-m", "hwnas", *asked])
    two = Supernet.load(tmp_path / "two", whole.supernet.space)
    for name, tensor in whole.supernet.parameters.items():
        torch.testing.assert_close(two.shared[name], tensor.detach(), rtol=1e-5, atol=1e-6)
    one, both = whole.supernet.record, two.record
    assert {**both, "seconds": 0, "curve": 0} == {**one, "seconds": 0, "curve": 0}
    assert capfd.readouterr().out.count("Trained 8 steps (64 sub-network passes)") == 1


@pytest.mark.parametrize("method", [gm_nas, shift_nas, few_shot])
def test_a_method_that_learns_from_single_batches_is_refused(method: object, tmp_path: Path) -> None:
    supernet = own_cnn()
    task, by = TinyTask(supernet.space.inputs[0]), method(supernet.space)  # type: ignore[operator]
    with pytest.raises(InputError, match="learns from single batches, which 2 processes do not share"):
        Trainer(supernet, task, by, RECIPE, tmp_path, processes=Processes(0, 2))


def test_each_process_takes_its_share_of_the_batches_and_all_of_them_must_be_enough(tmp_path: Path) -> None:
    parts = [slice(i, i + 1) for i in range(6)]
    assert [list(Processes(rank, 3).own(parts)) for rank in range(3)] == [parts[:2], parts[2:4], parts[4:]]
    assert trainer(tmp_path, RECIPE, Processes(1, 2)).identity["recipe"] == TWICE.settings
    with pytest.raises(InputError, match="fewer than one batch of 30"):
        trainer(tmp_path, RECIPE, Processes(1, 5))


def test_several_processes_on_one_accelerator_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "some")
    monkeypatch.setenv("WORLD_SIZE", "2")
    for on in ("cuda:0", "mps"):
        with pytest.raises(InputError, match=f"2 processes train on cpu or, .* got {on}"), joined(on):
            pass


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is an accelerator")
def test_processes_without_an_accelerator_for_each_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TORCHELASTIC_RUN_ID": "some", "WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="cuda:1 is not there: PyTorch finds no cuda device here"), joined("cuda"):
        pass
