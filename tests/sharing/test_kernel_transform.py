import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.sharing.kernel_transform import KernelTransformSharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_cnn, own_space


def space_of(*kernels: int, dimensions: int = 2) -> SearchSpace:
    conv = nn.Conv2d if dimensions == 2 else nn.Conv1d
    return SearchSpace(
        [Choice("width", (2, 3)), Choice("kernel", kernels)],
        build=lambda a: conv(2, int(a["width"]), int(a["kernel"]), padding=int(a["kernel"]) // 2),
        inputs=[InputSpec("x", (2, *(8,) * dimensions))],
    )


def randomised(space: SearchSpace) -> Supernet:
    supernet = Supernet(space, KernelTransformSharing(space))
    with torch.no_grad():
        for tensor in supernet.shared.values():
            tensor.copy_(torch.randn_like(tensor))
    return supernet


def weight(supernet: Supernet, **values: int) -> Tensor:
    return supernet.weights(supernet.space.architecture(values))["weight"].detach()


def test_untrained_it_shares_as_prefix_does_to_the_bit() -> None:
    space = own_space()
    plain, ours = own_cnn(), Supernet(space, KernelTransformSharing(space))
    for architecture in (space.smallest, space.middle, space.largest):
        expected, found = plain.weights(architecture), ours.weights(architecture)
        assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_a_matrix_is_kept_for_every_smaller_kernel_of_every_place() -> None:
    space = space_of(3, 5, 7)
    shared = Supernet(space, KernelTransformSharing(space)).shared
    assert {n: tuple(t.shape) for n, t in shared.items() if n.startswith("kernel_transform/")} == {
        "kernel_transform/weight/3x3": (9, 9),
        "kernel_transform/weight/5x5": (25, 25),
    }
    assert all(t.requires_grad for t in shared.values())


def test_a_kernel_is_the_transformed_centre_of_the_next_larger_one() -> None:
    supernet = randomised(space_of(3, 5, 7))
    whole, to5, to3 = (
        supernet.shared[name].detach().double().numpy()
        for name in ("weight", "kernel_transform/weight/5x5", "kernel_transform/weight/3x3")
    )
    five = np.einsum("oik,lk->oil", whole[:, :, 1:6, 1:6].reshape(3, 2, 25), to5).reshape(3, 2, 5, 5)
    three = np.einsum("oik,lk->oil", five[:, :, 1:4, 1:4].reshape(3, 2, 9), to3).reshape(3, 2, 3, 3)
    np.testing.assert_allclose(weight(supernet, width=3, kernel=7), whole, rtol=1e-6)
    np.testing.assert_allclose(weight(supernet, width=3, kernel=5), five, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(weight(supernet, width=3, kernel=3), three, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(weight(supernet, width=2, kernel=3), three[:2], rtol=1e-4, atol=1e-4)


def test_a_size_that_no_network_has_is_skipped() -> None:
    supernet = randomised(space_of(3, 7))
    centre = supernet.shared["weight"].detach()[:, :, 2:5, 2:5].reshape(3, 2, 9)
    expected = centre @ supernet.shared["kernel_transform/weight/3x3"].detach().T
    torch.testing.assert_close(weight(supernet, width=3, kernel=3), expected.view(3, 2, 3, 3))


def test_kernels_of_one_dimension_are_transformed_too() -> None:
    supernet = randomised(space_of(1, 3, 5, dimensions=1))
    three = supernet.shared["weight"].detach()[:, :, 1:4] @ supernet.shared["kernel_transform/weight/3"].detach().T
    torch.testing.assert_close(weight(supernet, width=3, kernel=3), three)
    one = three[:, :, 1:2] * supernet.shared["kernel_transform/weight/1"].detach()
    torch.testing.assert_close(weight(supernet, width=3, kernel=1), one)


@pytest.mark.parametrize(("kernel", "reached"), [(7, set()), (5, {"5x5"}), (3, {"5x5", "3x3"})])
def test_matrices_are_learnt_by_the_kernels_they_make(kernel: int, reached: set[str]) -> None:
    supernet = randomised(space_of(3, 5, 7))
    architecture = supernet.space.architecture({"width": 2, "kernel": kernel})
    supernet(torch.randn(2, 2, 8, 8), architecture).square().sum().backward()
    learning = {n.rpartition("/")[2] for n, t in supernet.parameters.items() if "/" in n and t.grad is not None}
    assert learning == reached
