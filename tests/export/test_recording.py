"""What is listed of a network's run, and what is refused."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.export._recording import recorded
from hwnas.export._table import Unsupported

X = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
ELSEWHERE = torch.ones(4)


class Says(nn.Module):
    """A network of one function."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + 1 if x.sum() > 0 else x - 1,
        lambda x: x * x.sum().item(),
        lambda x: x * float(x.sum()),
        lambda x: x * torch.from_numpy(x.numpy()),
        lambda x: x * np.asarray(x).sum(),
        lambda x: x + torch.tensor(x.tolist()),
        lambda x: x[int(x.argmax()) :],
        lambda x: x * len([*range(x.argmax())]),
        lambda x: x if torch.equal(x, x.abs()) else -x,
    ],
    ids=["branch", "item", "float", "numpy", "array", "list", "place", "range", "equal"],
)
def test_what_looks_at_values_is_refused(function: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(Unsupported, match="perhaps of the values of one"):
        recorded(Says(function), [X], open_batch=False)


def test_values_looked_at_are_refused_even_where_the_network_catches_every_error() -> None:
    def careful(x: Tensor) -> Tensor:
        try:
            return x * float(x.sum())
        except Exception:  # noqa: BLE001
            return x

    with pytest.raises(Unsupported, match="perhaps of the values of one"):
        recorded(Says(careful), [X], open_batch=False)


def test_a_tensor_that_is_none_of_the_networks_is_refused() -> None:
    with pytest.raises(Unsupported, match="unknown origin"):
        recorded(Says(lambda x: x + ELSEWHERE), [X], open_batch=False)


def test_what_goes_into_a_tensor_that_is_there_already_is_refused() -> None:
    with pytest.raises(Unsupported, match="there already"):
        recorded(Says(lambda x: torch.add(x, 1, out=torch.empty(3, 4))), [X], open_batch=False)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.reshape(1, 2 * x.shape[0], -1).sum(1).expand(x.shape[0], -1),
        lambda x: x * torch.zeros(x.shape[0], 4) + torch.full(x.shape, 2.0),
        lambda x: x[: x.shape[0]] * x.shape[0],
    ],
    ids=["shapes", "constants", "bounds and factors"],
)
def test_sizes_of_an_open_batch_are_those_of_the_batch(function: Callable[[Tensor], Tensor]) -> None:
    network = Says(function)
    operations = recorded(network, [X], open_batch=True)
    other = torch.randn(7, 4)
    assert torch.equal(torch.fx.GraphModule(network, operations)(other), function(other))


@pytest.mark.parametrize(
    "function",
    [lambda x: x * (x.shape[0] + 1), lambda x: x / x.shape[0] ** 0.5, lambda x: x + 1 if len(x) > 4 else x],
    ids=["one more", "root", "branch"],
)
def test_what_depends_on_the_batch_in_another_way_is_refused(function: Callable[[Tensor], Tensor]) -> None:
    recorded(Says(function), [X], open_batch=False)
    with pytest.raises(Unsupported, match="depend on the size of the batch"):
        recorded(Says(function), [X], open_batch=True)


def test_arithmetic_is_noted_as_it_is_written() -> None:
    operations = recorded(Says(lambda x: 1 - (2 / x) @ x.T @ x + 2**x), [X], open_batch=False)
    assert torch.equal(torch.fx.GraphModule(nn.Module(), operations)(X), 1 - (2 / X) @ X.T @ X + 2**X)


def test_layers_of_the_table_are_one_operation_and_keep_no_hooks() -> None:
    network = nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.LayerNorm(3), nn.GELU())).eval()
    operations = recorded(network, [X], open_batch=True)
    assert [str(node.target) for node in operations.nodes if node.op == "call_module"] == ["0", "1.0", "1.1"]
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in network.modules())


def test_code_is_told_that_it_is_exported_while_it_is_listed_and_not_after() -> None:
    told = []

    def listening(x: Tensor) -> Tensor:
        told.append(torch.compiler.is_compiling())
        return x + 1

    recorded(Says(listening), [X], open_batch=False)
    listening(X)
    assert told == [True, False]
