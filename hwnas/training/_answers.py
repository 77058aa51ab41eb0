"""What a network that does not learn says of training examples, asked once for all epochs and all that learn of it."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from hwnas.contracts.answer import answer_of
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.task import Batch, Examples, Rows
from hwnas.evaluation.calibration import placed

MOST_BYTES = 2**30  # of all answers, which are kept in memory


class Answers:
    """Those of `network`, in evaluation mode, to all `examples`: made when the first are wanted, always in the same
    batches, so that a training which goes on in another process learns from the same.

    Args:
        network: answers.
        examples: as they are; an augmented one has another answer.
        size: of a batch.
        tell: told of how many of how many examples the answers are known.
    """

    def __init__(
        self, network: nn.Module, examples: Rows, size: int, tell: Callable[[int, int], None] = lambda *_: None
    ) -> None:
        self._network, self._examples, self._size, self._tell = network, examples, size, tell
        self._known: Tensor | None = None

    def fit(self) -> bool:
        """Whether they are few enough to be kept."""
        return len(self._examples) * self._asked(self._examples.take(slice(0, 1)), None).nbytes <= MOST_BYTES

    def know(self, device: torch.device) -> None:
        """Ask for all of them, on `device`, unless they are known."""
        if self._known is not None:
            return
        count, answers = len(self._examples), []
        parts = [np.arange(first, min(first + self._size, count)) for first in range(0, count, self._size)]
        for rows, examples in zip(parts, self._examples.batches(parts), strict=True):
            answers.append(self._asked(examples, device))
            self._tell(int(rows[-1]) + 1, count)
        self._known = torch.cat(answers)

    def of(self, rows: IntArray) -> Tensor:
        """Those to the examples ``(n,)``, ``(n, ...)``, once they are known."""
        assert self._known is not None  # noqa: S101  see `know`
        return self._known[torch.from_numpy(rows).to(self._known.device)]

    def _asked(self, examples: Examples, device: torch.device | None) -> Tensor:
        inputs = tuple(torch.from_numpy(x) for x in examples.inputs)
        batch = placed(Batch(inputs, torch.from_numpy(examples.labels)), device)
        with torch.no_grad():
            return answer_of(self._network.to(batch.labels.device)(*batch.inputs))
