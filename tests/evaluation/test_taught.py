import numpy as np
import pytest
import torch
from torch import Tensor

import hwnas
from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Batch
from hwnas.evaluation.door import admit
from hwnas.evaluation.scores import scores_of_network
from hwnas.evaluation.taught import taught_by
from hwnas.testing._own_cnn import own_cnn, own_space
from hwnas.testing._tiny_task import TinyTask

SPACE = own_space()
TASK = TinyTask(SPACE.inputs[0])
NETWORK = own_cnn().extract(SPACE.largest)


def test_labels_are_what_the_network_answers_on_the_same_inputs() -> None:
    taught, given = taught_by(TASK, NETWORK).examples("search"), TASK.examples("search")
    with torch.no_grad():
        answers = NETWORK(torch.from_numpy(given.inputs[0])).argmax(dim=1).numpy()
    rows = np.array([3, 1])
    assert np.array_equal(taught.take(rows).labels, answers[rows])
    assert np.array_equal(taught.take(rows).inputs[0], given.inputs[0][rows])
    assert len(taught) == len(given)


def test_the_network_itself_agrees_whole_and_others_less() -> None:
    task = taught_by(TASK, NETWORK)
    assert task.figure.name == "agreement"
    examples = task.examples("search")
    assert scores_of_network(task, NETWORK, SPACE.inputs, examples).mean() == 1
    other = own_cnn(seed=1).extract(SPACE.smallest)
    assert scores_of_network(task, other, SPACE.inputs, examples).mean() < 1


def test_a_search_takes_it() -> None:
    task = taught_by(TASK, NETWORK)
    admit(own_cnn(), task)
    assert task.class_axis == TASK.class_axis


def test_a_task_with_a_score_of_its_own_is_refused() -> None:
    class Other(TinyTask):
        def score(self, output: Tensor, batch: Batch) -> Tensor:
            return output[:, 0] - batch.labels

    with pytest.raises(InputError, match="give a classification"):
        hwnas.taught_by(Other(SPACE.inputs[0]), NETWORK)
