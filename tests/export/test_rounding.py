"""What rounding may do to an output, where it is known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.export._rounding import _terms, rounding_of

X = torch.randn(4, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("shape", "terms"),
    [((5, 7), 7), ((8, 3, 3, 3), 27), ((6,), 1), ((), 1), ((0, 4), 1), ((4, 0), 1)],
)
def test_an_output_sums_up_the_products_with_one_row_of_a_weight(shape: tuple[int, ...], terms: int) -> None:
    assert _terms(torch.zeros(shape)) == terms


def test_the_limit_grows_as_the_root_of_the_terms_and_holds_the_error_of_float32() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(64, 32, bias=False).eval()
    found = rounding_of(layer, [X])
    exact = X.double().numpy() @ layer.weight.detach().double().numpy().T
    np.testing.assert_allclose(found.exact, exact, rtol=1e-12)
    assert (np.abs(found.plain - exact) <= found.limit).all()
    # A product of 64 terms, each with an error of 8 half units: 8 x 2^-24 x the root of the sum of their squares.
    by_hand = 8 * 2.0**-24 * np.sqrt((X.double().numpy() ** 2 @ layer.weight.detach().double().numpy().T ** 2).mean())
    assert found.limit.mean() == pytest.approx(16 * by_hand, rel=0.2)
    assert found.refused is None


class Float32(nn.Module):
    """Takes no other numbers."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype != torch.float32:
            raise TypeError("float32 only")
        return 2 * x


def test_where_a_network_does_not_compute_in_float64_its_own_outputs_are_taken_and_it_is_said() -> None:
    found = rounding_of(Float32(), [X])
    assert found.refused is not None
    assert "float32 only" in found.refused
    np.testing.assert_array_equal(found.exact, 2 * X.numpy())
