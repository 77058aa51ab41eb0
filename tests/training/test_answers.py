"""What a teacher says of all examples is asked once, in batches that do not hang on who asks first."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.task import Examples
from hwnas.training import _answers
from hwnas.training._answers import Answers

CPU = torch.device("cpu")
EXAMPLES = Examples((np.arange(14, dtype=np.float32).reshape(7, 2),), np.zeros(7, np.int64))


class Counted(nn.Module):
    """Sums of its inputs, and how large the batches were."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        self.batches.append(len(x))
        return x.sum(dim=1, keepdim=True)


def test_every_example_is_asked_about_once_and_progress_is_told() -> None:
    network, told = Counted(), []
    answers = Answers(network, EXAMPLES, 3, lambda done, of: told.append((done, of)))
    answers.know(CPU)
    answers.know(CPU)
    assert network.batches == [3, 3, 1]
    assert told == [(3, 7), (6, 7), (7, 7)]
    assert answers.of(np.array([6, 0, 6])).tolist() == [[25.0], [1.0], [25.0]]


def test_answers_that_are_too_many_to_keep_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(Counted(), EXAMPLES, 3)
    monkeypatch.setattr(_answers, "MOST_BYTES", 7 * 4)
    assert answers.fit()
    monkeypatch.setattr(_answers, "MOST_BYTES", 7 * 4 - 1)
    assert not answers.fit()
