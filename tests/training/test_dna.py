from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.training_step import Context, Job
from hwnas.spaces.micro_cell import micro_cell
from hwnas.spaces.micro_widths import micro_widths
from hwnas.supernet import Supernet
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._blocks import block_loss
from hwnas.training._loop import Trainer
from hwnas.training._passes import Passes
from hwnas.training._recipe import Recipe
from hwnas.training.dna import dna
from tests.steps import step_of

SPACE = micro_cell()
TASK = TinyTask(SPACE.inputs[0], n=24, classes=10)


def taught(job: Job, *, only: str | None = None) -> tuple[Supernet, float]:
    """A supernet with the gradients of a job that its own largest network teaches, and the loss; of one block alone."""
    method, step = dna(SPACE), step_of(SPACE)
    supernet = Supernet(SPACE, method.sharing, seed=0)
    passes = Passes(supernet, TASK, TASK.examples("train"), method.objective)
    context = Context(step, TASK, passes.parameters)
    teacher = Job(SPACE.largest, "teacher")
    context.outputs.append((teacher, passes.output(teacher, step.batch).detached()))
    output = passes.output(job, step.batch)
    loss = method.objective.loss(job, output, context)
    if only is not None:
        loss = block_loss(output.features[only].output, context.outputs[0][1].features[only].output)
    loss.backward()
    return supernet, loss.item()


def learning(supernet: Supernet) -> set[str]:
    """The first parts of the names of tensors that a gradient reached."""
    return {n.partition(".")[0] for n, p in supernet.parameters.items() if p.grad is not None and p.grad.any()}


@pytest.mark.parametrize(("block", "learns"), [("cell1", {"stem", "cell1"}), ("cell2", {"halve", "cell2"})])
def test_a_block_learns_by_its_own_loss_alone(block: str, learns: set[str]) -> None:
    drawn = SPACE.decode(SPACE.sample(1, np.random.default_rng(3))[0])
    supernet, loss = taught(Job(drawn, "random"), only=block)
    assert loss > 0
    assert learning(supernet) == learns


def test_the_teacher_itself_has_nothing_to_learn_but_its_answers() -> None:
    for block in ("cell1", "cell2"):
        _, loss = taught(Job(SPACE.largest, "random"), only=block)
        assert loss == 0


def test_networks_of_all_widths_are_trained_and_the_teacher_stays_as_it_came(tmp_path: Path) -> None:
    space = micro_widths()
    method = dna(space)
    supernet = Supernet(space, method.sharing, seed=0)
    began = {name: tensor.detach().clone() for name, tensor in supernet.parameters.items()}
    task = TinyTask(space.inputs[0], n=24, classes=10)
    Trainer(supernet, task, method, Recipe(epochs=2, batch_size=12, learning_rate=0.05), tmp_path).run()
    teacher = {n.partition("/")[2]: t for n, t in method.state().items() if isinstance(t, Tensor)}
    assert all(torch.equal(teacher[name], tensor) for name, tensor in began.items())
    assert any(not torch.equal(supernet.parameters[name], tensor) for name, tensor in began.items())


def test_a_module_that_not_every_network_runs_is_refused() -> None:
    with pytest.raises(InputError, match="no module 'cell3' that every network runs; found are: cell1, cell2"):
        dna(SPACE, blocks=["cell1", "cell3"])
