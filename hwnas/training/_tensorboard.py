"""A training's steps as TensorBoard shows them, for those who have ``pip install 'hwnas[tensorboard]'``."""

from pathlib import Path
from typing import Any

from hwnas.contracts.errors import InputError
from hwnas.training._curve import StepDone


class TensorBoard:
    """Writes losses, rate, passes and figures of every step; for `on_step`.

    What a killed training had written of steps that it now does again is replaced.

    Args:
        folder: where the events lie.

    Raises:
        InputError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise InputError("Events for TensorBoard need it: pip install 'hwnas[tensorboard]'.") from error
        self._make, self._folder = SummaryWriter, folder
        self._writer: Any = None

    def __call__(self, done: StepDone) -> None:
        """Write a step."""
        if self._writer is None:
            self._writer = self._make(str(self._folder), purge_step=done.step)
        said = {"rate": done.rate, "passes": done.passes}
        said |= {f"loss/{role}": loss for role, loss in done.losses.items()}
        said |= {f"figure/{role}": figure for role, figure in done.figures.items()}
        for name, value in said.items():
            self._writer.add_scalar(name, value, done.step)
        if done.figures or done.step == done.of:
            self._writer.flush()
