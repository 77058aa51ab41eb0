from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.training import Defaults
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._data import Data
from hwnas.training._recipe import Recipe
from tests.odd_tasks import Changed, Streaming

RECIPE = Recipe(batch_size=10)
TASK = TinyTask(own_space().inputs[0])


def test_every_example_is_seen_at_most_once_per_epoch_and_in_another_order_in_the_next() -> None:
    data = Data(TASK, Defaults(), RECIPE)
    taken = [data.rows() for _ in range(4)]
    assert [(epoch, ends) for epoch, _, ends in taken] == [(0, False), (0, True), (1, False), (1, True)]
    first, second = (np.concatenate([rows for epoch, rows, _ in taken if epoch == e]) for e in range(2))
    assert len(set(first.tolist())) == len(set(second.tolist())) == 20
    assert first.tolist() != second.tolist()


def test_a_batch_holds_the_examples_of_its_rows() -> None:
    data = Data(TASK, Defaults(), RECIPE)
    _, rows, _ = data.rows()
    batch = data.batch(rows, step=0)
    everything: Tensor = torch.from_numpy(data.examples.inputs[0])
    assert torch.equal(batch.inputs[0], everything[torch.from_numpy(rows)])
    assert batch.labels.tolist() == data.examples.labels[rows].tolist()


def test_it_goes_on_in_the_middle_of_an_epoch_by_the_order_it_is_given() -> None:
    whole = Data(TASK, Defaults(), RECIPE)
    whole.rows()
    again = Data(TASK, Defaults(), RECIPE)
    again.resume(whole.epoch, whole.within, whole.order)
    assert again.rows()[1].tolist() == whole.rows()[1].tolist()
    assert again.rows()[1].tolist() == whole.rows()[1].tolist()


def test_what_is_left_of_an_epoch_can_be_skipped_but_not_one_that_is_yet_to_begin() -> None:
    data = Data(TASK, Defaults(), RECIPE)
    data.next_epoch()
    assert data.rows()[0] == 0
    data.next_epoch()
    assert data.rows()[0] == 1


def test_data_that_streams_is_read_a_batch_at_a_time_and_gives_the_same_batches() -> None:
    held, streams = Data(Changed(), Defaults(), RECIPE), Data(Streaming(), Defaults(), RECIPE)
    for step in range(5):
        (_, rows, ends), (_, same, also) = held.rows(), streams.rows()
        assert (rows.tolist(), ends) == (same.tolist(), also)
        wanted, got = held.batch(rows, step), streams.batch(same, step)
        assert torch.equal(wanted.inputs[0], got.inputs[0])
        assert torch.equal(wanted.labels, got.labels)
    again = Data(Streaming(), Defaults(), RECIPE)
    again.resume(streams.epoch, streams.within, streams.order)
    assert torch.equal(again.batch(again.rows()[1], 5).inputs[0], streams.batch(streams.rows()[1], 5).inputs[0])


def test_a_batch_of_other_rows_than_the_next_is_that() -> None:
    data = Data(Streaming(), Defaults(), RECIPE)
    data.rows()
    assert data.batch(np.array([3, 1]), 0).labels.tolist() == data.examples.take(np.array([3, 1])).labels.tolist()


@pytest.mark.parametrize(
    ("augment", "said"),
    [
        (lambda inputs: inputs.flip(), "fails: AttributeError: 'tuple' object has no attribute 'flip' at .*test_data"),
        (lambda inputs: inputs[0], "should give a tuple of tensors, 10 of float32 as it takes them, got Tensor"),
        (lambda inputs: (inputs[0].double(),), "10 of float32 as it takes them, got 10 of float64"),
        (lambda inputs: (inputs[0][:3],), "got 3 of float32"),
        (lambda inputs: (inputs[0].numpy(),), "got ndarray"),
        (lambda inputs: (*inputs, *inputs), "got 10 of float32 and 10 of float32"),
    ],
)
def test_an_augmentation_that_gives_no_inputs_is_refused(
    augment: Callable[[tuple[Tensor, ...]], tuple[Tensor, ...]], said: str
) -> None:
    class Wrong(TinyTask):
        def augment(self, inputs: tuple[Tensor, ...], seed: int) -> tuple[Tensor, ...]:  # noqa: ARG002
            return augment(inputs)

    data = Data(Wrong(own_space().inputs[0]), Defaults(), RECIPE)
    with pytest.raises(InputError, match=rf"`augment` of task .* {said}"):
        data.batch(data.rows()[1], step=0)


def test_an_augmentation_may_give_images_of_another_size() -> None:
    class Smaller(TinyTask):
        def augment(self, inputs: tuple[Tensor, ...], seed: int) -> tuple[Tensor, ...]:  # noqa: ARG002
            return tuple(x[..., :4] for x in inputs)

    data = Data(Smaller(own_space().inputs[0]), Defaults(), RECIPE)
    assert data.batch(data.rows()[1], step=0).inputs[0].shape[-1] == 4
