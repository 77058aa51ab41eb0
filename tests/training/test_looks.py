import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hwnas.archive import Archive
from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Examples, Split
from hwnas.evaluation.evaluator import Evaluator
from hwnas.testing._own_cnn import own_cnn
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._curve import CURVE, StepDone
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.fixed import fixed
from hwnas.training.sandwich import sandwich

RECIPE = Recipe(epochs=4, batch_size=12, learning_rate=0.05, warmup_steps=1, validate_every=2)


class Unseen(TinyTask):
    """Refuses to show the report's examples."""

    def examples(self, split: Split) -> Examples:
        assert split != "report"
        return super().examples(split)


def training(folder: Path, recipe: Recipe = RECIPE, task: type[TinyTask] = Unseen) -> Trainer:
    supernet = own_cnn()
    return Trainer(supernet, task(supernet.space.inputs[0]), sandwich(supernet.space, randoms=1), recipe, folder)


def test_the_smallest_and_the_largest_are_looked_at_as_a_search_would_judge_them(tmp_path: Path) -> None:
    seen: list[StepDone] = []
    done = training(tmp_path, replace(RECIPE, average=0.8))
    done.run(seen.append)
    assert [step.step for step in seen if step.figures] == [4, 8]
    evaluator, space = Evaluator(done.supernet, done.task, Archive()), done.supernet.space
    assert seen[-1].figures == {
        role: evaluator.scores(a).mean() for role, a in (("smallest", space.smallest), ("largest", space.largest))
    }
    lines = [json.loads(line) for line in (tmp_path / CURVE).read_text().splitlines()]
    assert [line["figures"] for line in lines if "figures" in line] == [s.figures for s in seen if s.figures]
    assert done.supernet.record["curve"] == lines


def test_looking_changes_nothing_of_what_is_learnt(tmp_path: Path) -> None:
    looked, blind = training(tmp_path / "looked"), training(tmp_path / "blind", replace(RECIPE, validate_every=None))
    looked.run()
    blind.run()
    assert all(torch.equal(tensor, looked.supernet.shared[name]) for name, tensor in blind.supernet.shared.items())


def test_a_network_trained_alone_is_looked_at_alone(tmp_path: Path) -> None:
    supernet = own_cnn()
    seen: list[StepDone] = []
    Trainer(supernet, TinyTask(supernet.space.inputs[0]), fixed(supernet.space), RECIPE, tmp_path).run(seen.append)
    assert [set(step.figures) for step in seen if step.figures] == [{"fixed"}] * 2


class Worse(TinyTask):
    """A figure that falls from look to look (two networks each), after a first rise, once looks are counted."""

    looks: int | None = None

    def score(self, output: Tensor, batch: object) -> Tensor:  # noqa: ARG002
        if type(self).looks is None:
            return torch.zeros(len(output))
        type(self).looks += 1
        return torch.full((len(output),), 0.5 if type(self).looks in (3, 4) else 1 / (10 + type(self).looks))


@pytest.mark.parametrize("epochs", [4, 9])
def test_a_training_that_gets_no_better_stops_with_its_best_weights_and_says_so(
    epochs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(RECIPE, epochs=epochs, validate_every=1, patience=2)
    stopped, kept = training(tmp_path, recipe, Worse), {}
    monkeypatch.setattr(Worse, "looks", 0)  # from now on: the door looked too

    def on_step(done: StepDone) -> None:
        if done.step == 4:
            kept.update({n: t.detach().clone() for n, t in stopped.supernet.parameters.items()})

    stopped.run(on_step)
    record = stopped.supernet.record
    assert record["steps"] == 8
    assert record["stopped_early"] is (epochs > 4)  # of four epochs it went to the end
    assert record["best"] == {"figure": 0.5, "epoch": 1, "step": 4}
    assert all(torch.equal(tensor, kept[name]) for name, tensor in stopped.supernet.parameters.items())


def test_a_search_split_that_is_not_there_is_heard_of_before_the_first_step(tmp_path: Path) -> None:
    class Without(TinyTask):
        def examples(self, split: Split) -> Examples:
            if split == "search":
                raise InputError("No search examples; give some.")
            return super().examples(split)

    with pytest.raises(InputError, match="No search examples"):
        training(tmp_path, task=Without)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("patience", [None, 2])
def test_a_training_that_stops_by_search_examples_goes_on_by_the_same_ones_alone(
    patience: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(done: StepDone) -> None:
        if done.step == 2:
            raise KeyboardInterrupt

    def others(task: TinyTask, split: Split) -> Examples:
        given = examples(task, split)
        return Examples((given.inputs[0] + 1,), given.labels) if split == "search" else given

    recipe, examples = replace(RECIPE, patience=patience), TinyTask.examples
    with pytest.raises(KeyboardInterrupt):
        training(tmp_path, recipe, TinyTask).run(killed, save_seconds=-1.0)
    monkeypatch.setattr(TinyTask, "examples", others)
    with pytest.raises(InputError, match="holds a training with search_examples = ") if patience else nullcontext():
        training(tmp_path, recipe, TinyTask).run()
