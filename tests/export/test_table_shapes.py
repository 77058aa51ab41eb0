"""Changes of shape and order in words of ONNX."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.search_space import InputSpec
from hwnas.export._table import Unsupported
from hwnas.export.writer import listed
from tests.export.by_table import written_by_table
from tests.export.test_table_index import INPUT, Says


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.roll(2, 1),
        lambda x: torch.roll(x, (-1, 3), (2, 1)),
        lambda x: x.roll(6, 1) + x,
        lambda x: torch.cat([torch.tensor([]), x, x[:, :2]], 1),
        lambda x: torch.cat([torch.tensor([]), x], -2) * 2,
        lambda x: x.view(-1, 4).softmax(0 if len(x) == 0 else 1).view(x.shape),
        lambda x: x.flatten(0, 1).relu().unflatten(0, (len(x), 6)),
        lambda x: x[None].expand(2, -1, -1, -1).mean(0) + 1,
        lambda x: x.masked_fill(x > 0, 0) + torch.zeros_like(x).masked_fill_(x < 0, 2.0),
        lambda x: x + x.new_ones(len(x), 6, 1) + x.new_full((6, 4), 2),
    ],
    ids=["roll", "two rolls", "a whole roll", "cat with none", "cat of one", "merged", "flattened", "in front",
         "zeros alike", "new"],
)  # fmt: skip
def test_what_changes_shapes_is_written_by_the_table_and_answers_alike(function: Callable[[Tensor], Tensor]) -> None:
    written_by_table(Says(function), INPUT)


@pytest.mark.parametrize(
    "function",
    [lambda x: x.transpose(0, 1).reshape(6, -1).mean(1).expand(len(x), 6) + 0 * x[..., 0], lambda x: x.roll(1, 0)],
)
def test_a_batch_that_is_mixed_with_others_is_not_left_open(function: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(Unsupported):
        listed(Says(function).eval(), INPUT, dynamic_batch=True, batch=1)


def test_decisions_by_constants_are_followed() -> None:
    class Decides(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(4, 4)
            self.register_buffer("scales", torch.tensor([2.0, 3.0]))

        def forward(self, x: Tensor) -> Tensor:
            largest: float = self.scales.max().item()  # type: ignore[union-attr,operator]
            return self.first(x) * largest

    written_by_table(Decides(), [InputSpec("x", (4,))])
