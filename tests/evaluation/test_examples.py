"""What is odd but clear of a task's arrays works; what is not clear is refused, see `test_door`."""

import numpy as np
import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import Examples
from hwnas.evaluation.examples import examples_of
from tests.odd_tasks import Change, Changed, Elsewhere, Streaming, on_input, on_labels


@pytest.mark.parametrize(
    "change",
    [
        on_input(lambda x: x.astype(np.float64)),
        on_input(lambda x: x.astype(">f4")),
        on_input(np.asfortranarray),
        on_input(lambda x: np.ascontiguousarray(x[::-1])[::-1]),
        on_input(lambda x: np.repeat(x, 2, axis=-1)[..., ::2]),
        on_input(torch.from_numpy),
        on_labels(lambda y: y.astype(np.uint8)),
        on_labels(lambda y: np.repeat(y, 2)[::2]),
        on_labels(list),
    ],
)
def test_arrays_that_are_only_kept_otherwise_give_the_same_examples(change: Change) -> None:
    plain, changed = examples_of(Changed(), "train"), examples_of(Changed(change), "train")
    for wanted, got in ((plain.inputs[0], changed.inputs[0]), (plain.labels, changed.labels)):
        assert (got.dtype, got.flags.c_contiguous, got.flags.writeable) == (wanted.dtype, True, True)
        np.testing.assert_array_equal(got, wanted)


def test_arrays_of_bytes_are_taken_as_numbers_and_read_only_ones_are_copied() -> None:
    def read_only(x: np.ndarray) -> np.ndarray:
        found = np.full(x.shape, 7, np.uint8)
        found.flags.writeable = False
        return found

    (x,) = examples_of(Changed(on_input(read_only)), "train").inputs
    assert (x.dtype, x.flags.writeable, float(x.max())) == (np.float32, True, 7.0)


def test_whole_numbers_outside_the_vocabulary_are_refused() -> None:
    task = Changed(on_input(lambda x: x + 9), InputSpec("ids", (4,), "int64", 10))
    with pytest.raises(InputError, match="says below 10; give `high`"):
        examples_of(task, "train")


def test_examples_that_stream_are_looked_at_now_and_as_they_come() -> None:
    assert examples_of(Streaming(), "train").take(slice(3, 5)).labels.tolist() == [0, 1]
    with pytest.raises(InputError, match="expected 0 to 2"):
        examples_of(Streaming(on_labels(lambda y: y + 1)), "train")
    late = Elsewhere(Changed().examples("train"))
    task = Changed()
    task.examples = lambda _: late  # type: ignore[method-assign,assignment,return-value]
    found = examples_of(task, "train")
    late.held.labels[33] = 7
    with pytest.raises(InputError, match="go from 0 to 7, expected 0 to 2"):
        list(found.batches([np.arange(20), np.arange(20, 40)]))


def test_what_tells_a_stream_from_another_is_its_length_and_a_sample() -> None:
    n, rng = 2000, np.random.default_rng(0)
    held = Examples((rng.normal(size=(n, 3)).astype(np.float32),), np.zeros(n, np.int64))
    told = Elsewhere(held).told_by()
    assert [len(x) for x in told[1:]] == [256, 256]
    shorter = Elsewhere(held.take(slice(0, n - 1))).told_by()
    assert not np.array_equal(told[0], shorter[0])
    changed = Elsewhere(Examples((held.inputs[0] + 1,), held.labels)).told_by()
    assert not np.array_equal(told[1], changed[1])
    assert all(np.array_equal(a, b) for a, b in zip(told, Elsewhere(held).told_by(), strict=True))
