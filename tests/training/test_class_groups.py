import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Examples
from hwnas.training._class_groups import divided_classes, labels_of, loss_among


def test_classes_are_divided_in_order_and_too_few_are_refused() -> None:
    assert divided_classes(np.array([4, 0, 2, 2, 9]), 2) == [[0, 2], [4, 9]]
    with pytest.raises(InputError, match="has 5 tasks, and the examples have 3 classes; give fewer"):
        divided_classes(np.array([0, 1, 2]), 5)


def test_examples_with_several_labels_each_are_refused() -> None:
    with pytest.raises(InputError, match=r"labels of shape \(2,\) each"):
        labels_of(Examples((np.zeros((3, 1)),), np.zeros((3, 2), dtype=np.int64)))


def test_a_loss_is_among_some_classes_and_one_that_counts_the_others_is_refused() -> None:
    logits, labels = torch.tensor([[3.0, 1.0, 2.0], [0.0, 5.0, 1.0]]), torch.tensor([0, 2])
    alone = F.cross_entropy(logits[:, [0, 2]], torch.tensor([0, 1]))
    torch.testing.assert_close(loss_among([0, 2], logits, lambda x: F.cross_entropy(x, labels)), alone)
    with pytest.raises(InputError, match="leave label_smoothing out"):
        loss_among([0, 2], logits, lambda x: F.cross_entropy(x, labels, label_smoothing=0.1))
