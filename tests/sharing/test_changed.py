import pytest
import torch

from hwnas.contracts.sharing import SharingScheme
from hwnas.sharing.hypernetwork import HypernetworkSharing
from hwnas.sharing.kernel_transform import KernelTransformSharing
from hwnas.sharing.low_rank import LowRankSharing
from hwnas.sharing.masked import MaskedSharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_cnn, own_space

SPACE = own_space()


@pytest.mark.parametrize("scheme", [MaskedSharing, LowRankSharing])
def test_before_anything_was_learnt_it_shares_as_the_scheme_within_to_the_bit(scheme: type[SharingScheme]) -> None:
    plain, ours = own_cnn(), Supernet(SPACE, scheme(SPACE))
    x = example(plain, 2)
    with torch.no_grad():
        for architecture in (SPACE.smallest, SPACE.largest):
            assert torch.equal(ours(x, architecture), plain(x, architecture))


@pytest.mark.parametrize("scheme", [MaskedSharing, LowRankSharing, HypernetworkSharing])
def test_another_scheme_may_share_what_is_computed(scheme: type[SharingScheme]) -> None:
    supernet = Supernet(SPACE, scheme(SPACE, of="kernel_transform"))  # type: ignore[call-arg]
    within = Supernet(SPACE, KernelTransformSharing(SPACE))
    assert within.shared.keys() < supernet.shared.keys()
    with torch.no_grad():
        assert supernet(example(supernet, 2), SPACE.smallest).isfinite().all()
