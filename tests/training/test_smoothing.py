import pytest
import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Batch
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._smoothing import smoothed

SPEC = own_space().inputs[0]


def test_a_share_of_each_label_is_spread_over_all_classes() -> None:
    task = TinyTask(SPEC)
    output, batch = torch.randn(4, 3), Batch((torch.randn(4, 1, 8, 8),), torch.tensor([0, 1, 2, 0]))
    soft = 0.7 * torch.eye(3)[batch.labels] + 0.3 / 3
    expected = -(soft * output.log_softmax(dim=1)).sum(dim=1).mean()
    torch.testing.assert_close(smoothed(task, 0.3).loss(output, batch), expected)
    assert smoothed(task, 0.0) is task
    assert task.loss(output, batch) != expected
    with pytest.raises(InputError, match="logits"):
        smoothed(task, 0.3).loss(output[:, :2], batch)


def test_a_loss_of_ones_own_is_not_smoothed() -> None:
    class Squares(TinyTask):
        def loss(self, output: Tensor, batch: Batch) -> Tensor:  # noqa: ARG002
            return output.square().mean()

    with pytest.raises(InputError, match="has a loss of its own, so its labels cannot be smoothed"):
        smoothed(Squares(SPEC), 0.1)
