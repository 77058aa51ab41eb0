import pytest
import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.sharing.low_rank import LowRankSharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_space

SPACE = own_space()


def filled(scale: float = 1.0) -> Supernet:
    """With adapters that say something."""
    supernet = Supernet(SPACE, LowRankSharing(SPACE, rank=2, scale=scale))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, tensor in supernet.shared.items():
            if name.startswith("adapter/up/"):
                tensor.copy_(torch.randn(tensor.shape))
    return supernet


def test_a_weight_is_its_own_value_and_a_product_of_low_rank() -> None:
    supernet = filled(scale=0.5)
    whole, shared = supernet.weights(SPACE.largest), supernet.shared
    added = whole["blocks.0.weight"].detach() - shared["blocks.0.weight"]
    assert torch.linalg.matrix_rank(added.flatten(1), atol=1e-5) == 2
    product = shared["adapter/up/blocks.0.weight"] @ shared["adapter/down/blocks.0.weight"]
    torch.testing.assert_close(added.flatten(1), 0.5 * product.detach())


def test_a_sub_network_takes_its_part_of_the_sum() -> None:
    supernet = filled()
    large, small = (supernet.weights(a)["head.weight"] for a in (SPACE.largest, SPACE.smallest))
    assert torch.equal(small, large[:, : small.shape[1]])


def test_only_adapters_and_what_has_one_dimension_learn() -> None:
    supernet = filled()
    frozen = [n for n, t in supernet.shared.items() if t.ndim > 1 and not n.startswith("adapter/")]
    assert frozen
    assert set(frozen) <= supernet.buffers
    supernet(example(supernet, 2), SPACE.largest, training=True).square().sum().backward()
    for name in ("adapter/up/blocks.0.weight", "adapter/down/blocks.0.weight"):
        gradient = supernet.parameters[name].grad
        assert isinstance(gradient, Tensor)
        assert gradient.any()


def test_what_is_extracted_has_no_adapters_and_gives_the_same() -> None:
    supernet = filled()
    x = example(supernet, 2)
    with torch.no_grad():
        for architecture in (SPACE.smallest, SPACE.largest):
            network = supernet.extract(architecture)
            assert not any("adapter" in name for name, _ in network.named_parameters())
            assert torch.equal(network(x), supernet(x, architecture))
            assert all(p.requires_grad for p in network.parameters())  # the frozen tensors have no part of their own


@pytest.mark.parametrize("wrong", [{"rank": 0}, {"scale": 0.0}])
def test_no_adapter_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="rank of at least 1"):
        LowRankSharing(SPACE, **wrong)  # type: ignore[arg-type]
