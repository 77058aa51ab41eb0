import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Examples
from hwnas.training._class_groups import divided_classes, labels_of


def test_classes_are_divided_in_order_and_too_few_are_refused() -> None:
    assert divided_classes(np.array([4, 0, 2, 2, 9]), 2) == [[0, 2], [4, 9]]
    with pytest.raises(InputError, match="has 5 tasks, and the examples have 3 classes; give fewer"):
        divided_classes(np.array([0, 1, 2]), 5)


def test_examples_with_several_labels_each_are_refused() -> None:
    with pytest.raises(InputError, match=r"labels of shape \(2,\) each"):
        labels_of(Examples((np.zeros((3, 1)),), np.zeros((3, 2), dtype=np.int64)))
