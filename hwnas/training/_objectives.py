"""Losses that several methods have in common."""

from torch import Tensor

from hwnas.contracts.training import TrainingObjective
from hwnas.contracts.training_step import Context, Job, Output


class InPlaceDistillation(TrainingObjective):
    """The step's teacher is the target of all jobs but its own, which learns the task (Yu and Huang, ICCV 2019)."""

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        """The task's loss before there is a teacher, then that with the teacher's output."""
        teacher = context.teacher(job)
        if teacher is None:
            return super().loss(job, output, context)
        return context.task.distil(output.value, teacher.value)
