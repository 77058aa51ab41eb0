import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.spaces.micro_widths import micro_widths
from hwnas.testing._own_cnn import own_space
from hwnas.training._relations import last_related, relation_loss, relations


def test_relations_are_of_positions_and_their_rows_add_up_to_one() -> None:
    found = relations(torch.randn(2, 5, 3, 4))
    assert found.shape == (2, 12, 12)
    assert torch.allclose(found.sum(dim=2), torch.ones(2, 12))
    assert relations(torch.randn(2, 7, 5)).shape == (2, 7, 7)  # a sequence has its positions first


def test_features_of_other_widths_that_relate_alike_cost_nothing() -> None:
    torch.manual_seed(0)
    maps = torch.randn(2, 4, 3, 3)
    turned = torch.einsum("dc,nchw->ndhw", torch.linalg.qr(torch.randn(4, 4)).Q, maps)
    assert relation_loss(turned, maps).item() == pytest.approx(0, abs=1e-10)
    twice = torch.cat([maps, maps], dim=1)  # products and the root's square double
    assert relation_loss(twice / 2**0.25, maps).item() == pytest.approx(0, abs=1e-10)
    assert relation_loss(torch.randn(2, 6, 3, 3), maps).item() > 0.01


def test_another_number_of_positions_is_refused() -> None:
    with pytest.raises(InputError, match="got 4 and 9"):
        relation_loss(torch.randn(2, 4, 2, 2), torch.randn(2, 4, 3, 3))


def test_the_last_module_of_all_networks_with_several_positions_is_related() -> None:
    assert last_related(micro_widths()) == "stages.2"
    assert last_related(own_space()) == "pool"
