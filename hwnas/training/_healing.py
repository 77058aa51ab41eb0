"""One sub-network of a trained supernet, fine-tuned alone from the weights it inherits.

It learns from the labels and from the output of the network it was cut from, half and half, as pruned networks are
after pruning (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015); the teacher is in evaluation mode
and does not learn, so where examples are not augmented it is asked about each only once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from hwnas.contracts.answer import answer_of
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training import ArchitectureSampler, Method, TrainingObjective
from hwnas.contracts.training_step import Context, Job, Output, Stage, Step
from hwnas.training._answers import Answers

_SHARE_OF_LABELS = 0.5


@dataclass
class _Taught(ArchitectureSampler, TrainingObjective):
    architecture: Architecture
    largest: Architecture
    network: nn.Module | None
    answers: Answers | None

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:  # noqa: ARG002  nothing is drawn
        if self.answers is not None:
            self.answers.know(step.batch.labels.device)
        job = Job(self.architecture, "fixed")
        return [job] if self.network is None else [Job(self.largest, "teacher"), job]

    def watched(self, stage: Stage) -> Mapping[str, Architecture]:  # noqa: ARG002  the same in all
        return {"fixed": self.architecture}

    def teacher(self, job: Job, batch: Batch) -> Output | None:
        if self.network is None:
            return None
        network = self.network.to(batch.labels.device)
        return Output(answer_of(network(*(job.seen(x) for x in batch.inputs))))

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        loss, teacher = super().loss(job, output, context), context.teacher(job)
        if self.answers is not None:
            teacher = Output(self.answers.of(context.step.rows))
        if teacher is None:
            return loss
        taught = context.task.distil(output.value, teacher.value)
        return _SHARE_OF_LABELS * loss + (1 - _SHARE_OF_LABELS) * taught


def healing(space: SearchSpace, architecture: Architecture, teacher: nn.Module | Answers | None) -> Method:
    """Train `architecture` only, on the outputs of `teacher` too; None: on the labels alone."""
    answers, network = (teacher, None) if isinstance(teacher, Answers) else (None, teacher)
    taught = _Taught(architecture, space.largest, network, answers)
    settings = {"architecture": dict(architecture), "distilled": teacher is not None}
    return Method("healing", settings, architectures=taught, objective=taught)
