from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Batch
from hwnas.contracts.training import Method
from hwnas.contracts.training_events import Assign
from hwnas.contracts.training_step import Context, Job, Output
from hwnas.genomes.listing import every_genome
from hwnas.sharing.assigned import AssignedSharing
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.bmsn import balanced, bmsn
from hwnas.training.uniform import uniform
from tests.steps import context_of, statistics_of, step_of

SPACE = own_space()


def saw(method: Method, member: int, *, right: bool, index: int = 0, of: int = 10) -> None:
    """The largest sub-network was right about all of a batch, or about nothing."""
    step = step_of(SPACE, index, of)
    labels = step.batch.labels if right else (step.batch.labels + 1) % 3
    context = context_of(step)
    logits = torch.nn.functional.one_hot(labels, 3).float()
    context.outputs.append((Job(SPACE.largest, "random", member=member), Output(logits)))
    method.architectures.on_step(replace(statistics_of(step), context=context))


def test_members_are_equally_likely_over_the_space_whatever_is_good() -> None:
    scores = np.random.default_rng(0).normal(size=(30, 4)) * 3 + [5, 0, 0, 0]
    shares = balanced(scores)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares.mean(axis=0), 0.25, atol=0.02)


def test_without_balance_one_member_may_take_all() -> None:
    """Equally good members share the steps; of the control, whoever is a little better has them all."""
    used = {}
    for balance in (True, False):
        method = bmsn(SPACE, members=2, hot=1000.0, cold=1000.0, balance=balance)
        good = np.ones((SPACE.count(), 2)) - [0.0, 0.1]
        method.architectures.restore({"good": good.tolist(), "trained": np.zeros(good.shape, dtype=int).tolist()})
        plans = [method.architectures.plan(step_of(SPACE), np.random.default_rng(seed))[0] for seed in range(100)]
        used[balance] = Counter(job.member for job in plans)
    assert used[False] == {0: 100}
    assert min(used[True][0], used[True][1]) > 25


def test_proportions_are_those_of_the_scores_where_they_are_in_balance() -> None:
    scores = np.log([[0.7, 0.3], [0.3, 0.7]])
    np.testing.assert_allclose(balanced(scores), [[0.7, 0.3], [0.3, 0.7]])


def test_what_was_good_decides_the_more_the_longer_it_trains() -> None:
    method = bmsn(SPACE, members=2)
    for _ in range(10):
        saw(method, 0, right=True)
        saw(method, 1, right=False)

    def share(index: int) -> float:
        """Of steps with the largest sub-network, in which it is trained in the better member."""
        plans = [
            method.architectures.plan(step_of(SPACE, index), np.random.default_rng(seed))[0] for seed in range(400)
        ]
        counted = Counter(job.member for job in plans if job.architecture == SPACE.largest)
        return counted[0] / counted.total()

    assert share(9) > 0.95
    assert share(0) < 0.85


def test_in_the_end_every_architecture_belongs_to_a_member_that_trained_it(tmp_path: Path) -> None:
    method = bmsn(SPACE, members=2)
    supernet = Supernet(SPACE, method.sharing, seed=0)
    recipe = Recipe(epochs=20, batch_size=12, learning_rate=0.02)
    Trainer(supernet, TinyTask(SPACE.inputs[0]), method, recipe, tmp_path).run()
    assert isinstance(supernet.sharing, AssignedSharing)
    trained = np.array(method.state()["architectures/trained"])
    assert trained.sum() == Trainer(supernet, TinyTask(SPACE.inputs[0]), method, recipe, tmp_path).steps
    assert len(supernet.sharing.assigned) == SPACE.count()
    found = np.array([supernet.sharing.assigned[SPACE.decode(genome).key] for genome in every_genome(SPACE)])
    some = trained.any(axis=1)
    assert ((trained > 0).sum(axis=1) == 1).any()
    assert (trained[some, found[some]] > 0).all()


def test_a_member_that_seldom_trained_an_architecture_is_not_the_better_for_that() -> None:
    """Its Q is still near the 1 that it began with."""
    method = bmsn(SPACE, members=2)
    saw(method, 0, right=False)
    for right in (True, False) * 10:
        saw(method, 1, right=right)
    (assign,) = method.events.edits(statistics_of(step_of(SPACE, index=9)), None)  # type: ignore[arg-type]
    assert isinstance(assign, Assign)
    assert assign.members[SPACE.largest.key] == 1


def test_an_architecture_that_never_trained_belongs_where_the_one_most_like_it_does() -> None:
    method = bmsn(SPACE, members=3)
    for member in (2, 1):
        saw(method, member, right=member == 1)
    (assign,) = method.events.edits(statistics_of(step_of(SPACE, index=9)), None)  # type: ignore[arg-type]
    assert isinstance(assign, Assign)
    assert set(assign.members.values()) == {1}  # the largest is the only one that trained


def test_one_member_trains_as_single_paths_to_the_bit(tmp_path: Path) -> None:
    ends = []
    for name, method in (("one", bmsn(SPACE, members=1)), ("plain", uniform(SPACE))):
        supernet = Supernet(SPACE, method.sharing, seed=0)
        recipe = Recipe(epochs=3, batch_size=12, learning_rate=0.02)
        Trainer(supernet, TinyTask(SPACE.inputs[0]), method, recipe, tmp_path / name).run()
        ends.append(supernet.shared)
    assert all(torch.equal(ends[0][name], tensor) for name, tensor in ends[1].items())


def test_a_space_too_large_for_rows_is_refused() -> None:
    with pytest.raises(InputError, match="of at most 4,096, and space 'mobilenetv3'"):
        bmsn(mobilenetv3_grey28())


def test_a_task_with_a_score_of_its_own_is_refused() -> None:
    class Other(TinyTask):
        def score(self, output: Tensor, batch: Batch) -> Tensor:
            return output[:, 0] - batch.labels

    context = Context(step_of(SPACE), Other(SPACE.inputs[0]), {})
    with pytest.raises(InputError, match="train by 'few_shot'"):
        bmsn(SPACE).architectures.on_step(replace(statistics_of(step_of(SPACE)), context=context))


@pytest.mark.parametrize("wrong", [{"cold": -1.0}, {"cold": 9.0, "hot": 1.0}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="needs cold of at least 0"):
        bmsn(SPACE, **wrong)  # type: ignore[arg-type]
