"""When the listed operations of a network are taken for it."""

import pytest
import torch
from torch import Tensor, nn

from hwnas.export._table import Unsupported
from hwnas.export._tracing import traced

NETWORK = nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.ReLU()).eval()
X = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))


def test_a_network_whose_operations_give_what_it_gives_is_one_graph() -> None:
    with torch.no_grad():
        truth = NETWORK(X)
    found = traced(NETWORK, [X], ["images"], truth, dynamic_batch=True)
    assert len(found.graph.nodes) == 3
    assert found.graph.nodes[-1].outputs == (found.result,)


@pytest.mark.parametrize("truth", [torch.zeros(2, 6), torch.zeros(2, 5, 1), torch.zeros(1, 5)])
def test_an_outcome_of_another_shape_is_refused(truth: torch.Tensor) -> None:
    with pytest.raises(Unsupported, match="do not compute what the network computes"):
        traced(NETWORK, [X], ["images"], truth, dynamic_batch=True)


class Joined(nn.Module):
    """Scales by two tensors of its own, one behind the other."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Parameter(torch.ones(2, 4)), nn.Parameter(2 * torch.ones(1, 4))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.cat([self.one, self.other])


def test_tensors_are_joined_along_their_first_axis_where_no_other_is_told() -> None:
    network = Joined().eval()
    with torch.no_grad():
        truth = network(X)
    found = traced(network, [X], ["images"], truth, dynamic_batch=True)
    (joined,) = [node for node in found.graph.nodes if node.op == "Concat"]
    assert joined.attributes["axis"] == 0
