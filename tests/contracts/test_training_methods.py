"""What every training method must keep, run over all that are found."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hwnas.contracts.finding import find, names
from hwnas.contracts.task import Batch
from hwnas.training._loop import Recipe, Trainer
from hwnas.training._seams import Context, Method
from tests.families import own_cnn
from tests.tiny_task import TinyTask

SPACE = own_cnn().space
every_method = pytest.mark.parametrize("name", names("training"))


def make(name: str) -> Method:
    method = find("training", name)(SPACE)  # type: ignore[operator]
    assert isinstance(method, Method)
    return method


@every_method
def test_is_named_as_it_is_found(name: str) -> None:
    assert make(name).name == name


@every_method
def test_plans_canonical_architectures_largest_first_and_the_same_for_a_seed(name: str) -> None:
    method = make(name)
    for seed in range(5):
        jobs = list(method.plan(np.random.default_rng(seed)))
        assert jobs == list(method.plan(np.random.default_rng(seed)))
        assert jobs
        for job in jobs:
            assert SPACE.architecture(job.architecture) == job.architecture
            assert job.weight > 0
        assert "largest" not in [job.role for job in jobs[1:]]


@every_method
def test_every_loss_is_a_finite_scalar_with_a_gradient(name: str) -> None:
    method = make(name)
    context = Context(TinyTask(SPACE.inputs[0]), Batch((torch.zeros(4, 1, 8, 8),), torch.arange(4) % 3))
    for job in method.plan(np.random.default_rng(0)):
        logits = torch.randn(4, 3, requires_grad=True)
        loss = method.loss(job, logits, context)
        loss.backward()
        context.remember(job, logits)
        assert loss.shape == ()
        assert loss.isfinite()
        assert logits.grad is not None
        assert logits.grad.any()


@every_method
def test_trains_to_finite_values_and_leaves_its_record(name: str, tmp_path: Path) -> None:
    supernet = own_cnn()
    method = find("training", name)(supernet.space)  # type: ignore[operator]
    before = {n: t.detach().clone() for n, t in supernet.parameters.items()}
    Trainer(supernet, TinyTask(SPACE.inputs[0]), method, Recipe(epochs=1, batch_size=12), tmp_path).run()
    assert all(t.isfinite().all() for t in supernet.shared.values())
    assert any(not torch.equal(t, before[n]) for n, t in supernet.parameters.items())
    assert supernet.record["method"]["name"] == name
    assert supernet.record["steps"] == 2
