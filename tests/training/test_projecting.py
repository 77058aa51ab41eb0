import torch
from torch import Tensor
from torch.nn import functional as F

from hwnas.training._projecting import Window, mean_input, projected, without


def drawn(n: int, d: int, seed: int = 0) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def projector_of(inputs: Tensor, eps: float) -> Tensor:
    projector = torch.eye(inputs.shape[1], dtype=inputs.dtype)
    for x in inputs:
        projector = without(projector, x, eps)
    return projector


def test_a_projector_is_symmetric_with_eigenvalues_from_zero_to_one() -> None:
    projector = projector_of(drawn(5, 8), 0.01)
    torch.testing.assert_close(projector, projector.T)
    values = torch.linalg.eigvalsh(projector)
    assert values.min() >= -1e-12
    assert values.max() <= 1 + 1e-12


def test_one_input_after_another_gives_what_all_together_do() -> None:
    inputs = drawn(5, 8)
    a = (inputs / inputs.norm(dim=1, keepdim=True)).T
    eye = torch.eye(5, dtype=a.dtype)
    together = torch.eye(8, dtype=a.dtype) - a @ torch.linalg.inv(a.T @ a + 0.01 * eye) @ a.T
    torch.testing.assert_close(projector_of(inputs, 0.01), together)


def test_a_projected_update_leaves_the_output_for_protected_inputs() -> None:
    inputs = drawn(3, 8)
    update = projected(drawn(4, 8, 1), projector_of(inputs, 1e-9))
    assert (update @ inputs.T).abs().max() < 1e-6
    assert update.norm() > 0.5 * drawn(4, 8, 1).norm()


def test_inputs_of_zeros_protect_nothing() -> None:
    assert torch.equal(without(torch.eye(3), torch.zeros(3), 0.01), torch.eye(3))


def test_the_mean_input_of_a_convolution_is_what_its_outputs_mean_hangs_on() -> None:
    x = drawn(2, 3 * 25).reshape(2, 3, 5, 5)
    weight = drawn(4, 27).reshape(4, 3, 3, 3)
    seen = mean_input(x, Window((3, 3), (1, 1), (1, 1), (2, 2)), (3, 3, 3))
    torch.testing.assert_close(weight.flatten(1) @ seen, F.conv2d(x, weight, padding=1, stride=2).mean((0, 2, 3)))


def test_a_smaller_sub_network_sees_the_first_channels_and_the_middle_of_the_kernel() -> None:
    x = drawn(2, 2 * 25).reshape(2, 2, 5, 5)
    seen = mean_input(x, Window((1, 1), (1, 1), (0, 0), (1, 1)), (3, 3, 3)).reshape(3, 3, 3)
    torch.testing.assert_close(seen[:2, 1, 1], x.mean((0, 2, 3)))
    assert seen.count_nonzero() == 2
    assert mean_input(torch.ones(2, 3), None, (5,)).tolist() == [1, 1, 1, 0, 0]
