from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.supernet import Supernet

WIDTHS = [Choice("width", (4, 8))]
INPUTS = [InputSpec("x", (6,))]


class Net(nn.Module):
    """A layer of some width and a buffer."""

    def __init__(self, width: int, make: Callable[[int], Tensor]) -> None:
        super().__init__()
        self.layer = nn.Linear(6, width)
        self.register_buffer("buffer", make(width))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layer(x)
        return out + self.buffer if self.buffer.dtype == torch.float32 else out[:, self.buffer]


def supernet_of(make: Callable[[int], Tensor], kind: type[Net] = Net, *, told: bool = True) -> Supernet:
    return Supernet.from_builder(lambda a: kind(int(a["width"]), make), WIDTHS, INPUTS if told else ())


@pytest.mark.parametrize(
    "make",
    [
        lambda width: torch.tensor(width**-0.5),
        lambda width: torch.arange(width).view(2, -1).t().flatten(),
        lambda width: torch.linspace(0, 1, width),
        lambda width: torch.ones(width, dtype=torch.int64).cumsum(0) - 1,
    ],
    ids=["scale", "order", "positions", "counts"],
)
def test_constants_of_a_sub_network_are_those_its_constructor_computes(
    make: Callable[[int], Tensor], tmp_path: Path
) -> None:
    supernet = supernet_of(make)
    assert "buffer" not in supernet.shared
    supernet.save(tmp_path)
    x = torch.randn(2, 6)
    for one in (supernet, Supernet.load(tmp_path, supernet.space)):
        for architecture in (one.space.smallest, one.space.largest):
            network = one.extract(architecture)
            assert torch.equal(network.buffer, make(int(architecture["width"])))  # type: ignore[arg-type]
            assert torch.equal(network(x), one(x, architecture))


def test_buffers_that_are_drawn_are_shared_like_weights() -> None:
    supernet = supernet_of(torch.randn)
    assert "buffer" in supernet.buffers
    assert torch.equal(supernet.extract(supernet.space.smallest).buffer, supernet.shared["buffer"][:4])  # type: ignore[arg-type]


class Counting(Net):
    """Writes into its buffer in training."""

    def forward(self, x: Tensor) -> Tensor:
        out = super().forward(x)
        if self.training:
            self.buffer += 1
        return out


class Replacing(Net):
    """Puts another tensor in the place of its buffer in training."""

    def forward(self, x: Tensor) -> Tensor:
        out = super().forward(x)
        if self.training:
            self.buffer = self.buffer + 1
        return out


@pytest.mark.parametrize("kind", [Counting, Replacing])
def test_what_training_writes_is_shared_and_kept(kind: type[Net]) -> None:
    supernet = supernet_of(torch.zeros, kind)
    assert "buffer" in supernet.buffers
    with torch.no_grad():
        supernet(torch.ones(2, 6), supernet.space.smallest, training=True)
    assert supernet.shared["buffer"].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    assert supernet.extract(supernet.space.smallest).buffer.tolist() == [1, 1, 1, 1]  # type: ignore[union-attr, operator]


@pytest.mark.parametrize("kind", [Counting, Replacing])
def test_what_training_writes_unexpectedly_is_refused_and_not_lost(kind: type[Net]) -> None:
    supernet = supernet_of(torch.zeros, kind, told=False)
    supernet(torch.ones(2, 6), supernet.space.smallest)
    with pytest.raises(InputError, match="'buffer' was taken for a constant, but training writes it"):
        supernet(torch.ones(2, 6), supernet.space.smallest, training=True)


def test_running_statistics_of_any_norm_are_shared() -> None:
    def build(width: int) -> nn.Module:
        return nn.Sequential(nn.Linear(6, width), nn.SyncBatchNorm(width))

    supernet = Supernet.from_builder(lambda a: build(int(a["width"])), WIDTHS)
    assert supernet.buffers == {"1.running_mean", "1.running_var", "1.num_batches_tracked"}
    assert not supernet.layout.constants
