"""Networks drawn at random: whatever of them is offered is what zeros leave of the whole network."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.elasticity.elastic import elastic
from tests.elasticity.zeroing import zeroed

Step = tuple[str, int, int, int]
"""What is done, on which two of the values so far, and how wide."""


class Drawn(nn.Module):
    """A graph of convolutions, depthwise and grouped ones, sums, concatenations, products and gates."""

    def __init__(self, steps: list[Step]) -> None:
        super().__init__()
        self.steps, self.layers = steps, nn.ModuleDict()
        self.stem = nn.Conv2d(2, 4, 1)
        widths = [4]
        for i, (kind, a, b, width) in enumerate(steps):
            one, other = widths[a % len(widths)], widths[b % len(widths)]
            layer: nn.Module | None = None
            if kind in ("conv", "depthwise"):
                outputs, groups = (width, 1) if kind == "conv" else (one, one)
                layer = nn.Conv2d(one, outputs, 3, padding=1, groups=groups)
            elif kind in ("norm", "gate"):
                layer = nn.BatchNorm2d(one) if kind == "norm" else nn.Conv2d(one, one, 1)
            if layer is not None:
                self.layers[str(i)] = layer
            widths.append(width if kind == "conv" else one + other if kind == "cat" else one)
        self.head = nn.Linear(widths[-1], 3)

    def forward(self, x: Tensor) -> Tensor:
        values = [self.stem(x)]
        for i, (kind, a, b, _) in enumerate(self.steps):
            one, other = values[a % len(values)], values[b % len(values)]
            if kind == "cat":
                values.append(torch.cat([one, other], 1))
            elif kind == "add":
                values.append(one + other if one.shape == other.shape else F.relu(one))
            elif kind == "gate":
                values.append(one * self.layers[str(i)](one.mean((2, 3), keepdim=True)).sigmoid())
            else:
                values.append(F.relu(self.layers[str(i)](one)))
        out: Tensor = self.head(values[-1].mean((2, 3)))
        return out


steps = st.lists(
    st.tuples(
        st.sampled_from(["conv", "depthwise", "norm", "gate", "cat", "add"]),
        st.integers(0, 5), st.integers(0, 5), st.integers(2, 5),
    ),
    max_size=6,
)  # fmt: skip


@given(steps)
@settings(max_examples=12, deadline=None)
def test_whatever_is_offered_of_a_random_network_is_a_part_of_it(drawn: list[Step]) -> None:
    torch.manual_seed(0)
    network, x = Drawn(drawn).eval(), torch.randn(2, 2, 5, 5)
    try:
        supernet = elastic(network, x)
    except InputError as error:
        assert "can shrink" in str(error)
        return
    with torch.no_grad():
        assert torch.equal(supernet.extract(supernet.space.largest)(x), network(x))
        for architecture in (supernet.space.smallest, supernet.space.middle):
            expected = zeroed(supernet, architecture)(x)
            torch.testing.assert_close(supernet.extract(architecture)(x), expected, rtol=1e-4, atol=1e-4)
