import pytest
import torch
from torch import Tensor, nn

from hwnas.sharing._lending import Borrower


class Tied(nn.Module):
    """Two names of one weight, and a buffer that every run replaces."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
        self.other.weight = self.one.weight
        self.register_buffer("runs", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.runs = self.runs + 1
        if not x.any():
            raise ValueError("nothing to see")
        out: Tensor = self.other(self.one(x))
        return out


def test_tied_weights_are_lent_together_and_a_replaced_buffer_is_handed_back() -> None:
    network = Tied()
    own, lent = dict(network.state_dict(keep_vars=True)), {"one.weight": 2 * torch.eye(2), "runs": torch.ones(())}
    x, borrower = torch.ones(1, 2), Borrower(network)
    for runs in (2, 3):
        assert torch.equal(borrower.run(lent, (x,)), 4 * x)  # type: ignore[arg-type]
        assert lent["runs"] == runs
        assert all(tensor is own[name] for name, tensor in network.state_dict(keep_vars=True).items())


def test_a_run_that_fails_leaves_the_network_its_own_tensors() -> None:
    network = Tied()
    own = dict(network.state_dict(keep_vars=True))
    with pytest.raises(ValueError, match="nothing to see"):
        Borrower(network).run({"one.weight": torch.eye(2), "runs": torch.ones(())}, (torch.zeros(1, 2),))
    assert all(tensor is own[name] for name, tensor in network.state_dict(keep_vars=True).items())


def test_the_mode_is_that_of_every_module() -> None:
    network = Tied()
    borrower = Borrower(network)
    network.other.eval()
    for training in (True, False):
        borrower.train(training)
        assert {module.training for module in network.modules()} == {training}
