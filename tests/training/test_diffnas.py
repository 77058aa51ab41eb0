from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.training_step import Context, Job, Step
from hwnas.pipeline.open import load_supernet
from hwnas.pipeline.train import train
from hwnas.spaces.micro_unet import BLOCKS, micro_unet
from hwnas.supernet import Supernet
from hwnas.tasks.noisy_digits import noisy_digits
from hwnas.training._blocks import block_losses
from hwnas.training._candidates import Compared, candidates_of_blocks
from hwnas.training._passes import Passes
from hwnas.training._recipe import Recipe
from hwnas.training.diffnas import _BlockByBlock, diffnas

SPACE, TASK = micro_unet(), noisy_digits()
STEPS = 40  # 19 of blocks, 1 that compares, 20 of retraining
ROWS = np.arange(4)


SUPERNET = Supernet(SPACE, seed=1)
COMPARED = Compared(SPACE, candidates_of_blocks(SPACE, BLOCKS, "diffnas"))


def retraining(joint: float = 0.7, fall: str = "cosine") -> tuple[_BlockByBlock, list[Step]]:
    """A seam, and the steps that it retrains in."""
    seam = _BlockByBlock(SPACE, BLOCKS, COMPARED, 0.1, 0.5, joint, fall)
    *_, stage = seam.stages(SPACE, STEPS, lambda *_: 0.1)
    batch = Passes(SUPERNET, TASK, TASK.examples("train"), seam).batch(ROWS)
    return seam, [Step(index, STEPS, 0, stage, ROWS, batch) for index in range(STEPS - stage.steps, STEPS)]


def test_the_weight_of_the_blocks_falls_to_exactly_zero() -> None:
    seam, steps = retraining()
    weights = [seam.joint_weight(step) for step in steps]
    assert (weights[0], weights[-1]) == (0.7, 0.0)
    assert all(later < earlier for earlier, later in pairwise(weights))


def test_the_controls_keep_the_weight_or_ask_no_teacher() -> None:
    seam, steps = retraining(fall="constant")
    assert {seam.joint_weight(step) for step in steps} == {0.7}
    assert [job.role for job in seam.plan(steps[0], np.random.default_rng(0))] == ["teacher", "fixed"]
    seam, steps = retraining(joint=0)
    assert [job.role for job in seam.plan(steps[0], np.random.default_rng(0))] == ["fixed"]


def test_a_network_retrains_whole_on_the_task_and_its_distance_from_the_original() -> None:
    seam, steps = retraining()
    passes, step = Passes(SUPERNET, TASK, TASK.examples("train"), seam), steps[0]
    context = Context(step, TASK, passes.parameters)
    teacher = passes.output(Job(SPACE.largest, "teacher"), step.batch)
    context.outputs.append((Job(SPACE.largest, "teacher"), teacher))
    for architecture in (SPACE.largest, SPACE.smallest):
        job = Job(architecture, "fixed")
        output = passes.output(job, step.batch)
        assert torch.equal(output.value, SUPERNET(step.batch.inputs, architecture))
        away = sum(block_losses(output, teacher).values())
        assert torch.equal(seam.loss(job, output, context), TASK.loss(output.value, step.batch) + 0.7 * away)
        assert bool(away == 0) == (architecture == SPACE.largest)


def test_the_chosen_blocks_alone_are_retrained_and_handed_out(tmp_path: Path) -> None:
    init, losses = SUPERNET.extract(SPACE.largest).state_dict(), list[dict[str, float]]()
    supernet = train(
        SPACE, TASK, folder=tmp_path, method="diffnas", recipe=Recipe(passes=20, batch_size=4, learning_rate=0.01),
        settings={"tolerance": 1e9}, init=init, on_step=lambda done: losses.append(done.losses),
    )  # fmt: skip
    assert supernet.record["narrowed_to"] == {name: [option] for name, option in SPACE.smallest.items()}
    assert supernet.space.count() == load_supernet(tmp_path).space.count() == 1
    assert supernet.space.largest == SPACE.smallest
    assert (set(losses[0]), set(losses[-1])) == ({"random"}, {"fixed"})


@pytest.mark.parametrize("wrong", [{"tolerance": -0.1}, {"search": 1.0}, {"joint": float("nan")}, {"fall": "cosin"}])
def test_settings_out_of_their_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"'diffnas'.*(got|cosin)"):
        diffnas(SPACE, **wrong)  # type: ignore[arg-type]
