"""Tensors cut into several, in words of ONNX."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.search_space import InputSpec
from hwnas.export._table import Unsupported
from hwnas.export.writer import listed
from tests.export.by_table import written_by_table

INPUT = [InputSpec("x", (6, 4))]


class Says(nn.Module):
    """A function of what comes in, with something learnt in front."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.function = nn.Linear(4, 4), function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.first(x))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.cat(x.split(4, 1)[::-1], 1),
        lambda x: torch.cat(torch.split(x, [1, 2, 3], dim=1)[1:], 1),
        lambda x: x.chunk(3, dim=-2)[1] * 2,
        lambda x: sum(torch.chunk(x, 2, -1)),
        lambda x: x.unbind(1)[-1] + x.unbind(1)[0],
        lambda x: x.split(6, 1)[0] + 1,
    ],
    ids=["split", "split by sizes", "chunk", "sum of chunks", "unbind", "one part"],
)
def test_what_cuts_a_tensor_is_written_by_the_table_and_answers_alike(function: Callable[[Tensor], Tensor]) -> None:
    written_by_table(Says(function), INPUT)


def test_cutting_gives_one_operator_whoever_reads_its_parts() -> None:
    operators = written_by_table(Says(lambda x: x.chunk(2, 1)[0] * x.chunk(2, 1)[1].sigmoid()), INPUT)
    assert operators.count("Split") == 1


@pytest.mark.parametrize("function", [lambda x: torch.cat(x.split(1)[::-1]), lambda x: torch.stack([*x.unbind()])])
def test_an_open_batch_is_not_cut(function: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(Unsupported):
        listed(Says(function).eval(), INPUT, dynamic_batch=True, batch=1)
