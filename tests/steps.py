"""Steps of a training to test seams on without one."""

import numpy as np
import torch

from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training_step import Context, Stage, Statistics, Step
from hwnas.testing._tiny_task import TinyTask


def step_of(space: SearchSpace | SubSpace, index: int = 0, of: int = 10, n: int = 4) -> Step:
    """Step `index` of `of`, in one stage, on `n` examples of the tiny task."""
    part = SubSpace(space) if isinstance(space, SearchSpace) else space
    examples = TinyTask(part.space.inputs[0], n=n).examples("train")
    batch = Batch(tuple(torch.from_numpy(x) for x in examples.inputs), torch.from_numpy(examples.labels))
    return Step(index, of, 0, Stage(part, of, lambda _: 0.1), np.arange(n), batch)


def context_of(step: Step) -> Context:
    """Of a step on the tiny task, before its first job."""
    return Context(step, TinyTask(step.stage.space.space.inputs[0]), {})


def statistics_of(step: Step) -> Statistics:
    """Of a step that trained nothing."""
    return Statistics(context_of(step), 1.0, {}, ends_epoch=False, ends_stage=step.index + 1 == step.of)
