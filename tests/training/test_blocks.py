import pytest
import torch

from hwnas.training._blocks import block_loss, cut


def test_blocks_count_in_units_of_the_teachers_variance() -> None:
    teacher = torch.tensor([1.0, 3.0, 5.0])
    assert block_loss(teacher + 2, teacher).item() == pytest.approx(1.0)
    assert block_loss(10 * teacher + 20, 10 * teacher).item() == pytest.approx(1.0)


def test_narrower_blocks_get_and_give_the_first_channels() -> None:
    wide = torch.randn(2, 6, 3, 3)
    assert torch.equal(cut(wide, torch.zeros(2, 4, 3, 3)), wide[:, :4])
