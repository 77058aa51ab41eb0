"""Which examples are cut from those to learn from."""

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Split
from hwnas.tasks._source import Held, Source
from hwnas.tasks._splits import refuse_uneven, with_cuts


def held(n: int, different: int | None = None) -> Held:
    numbers = np.arange(n, dtype=np.float32) % (different or n)
    return Held({"x": numbers[:, None]}, numbers.astype(np.int64) % 4)


def of(given: dict[Split, Source]) -> dict[str, int]:
    return {split: len(source) for split, source in given.items()}


def test_fifteen_per_cent_are_cut_for_each_split_that_is_missing() -> None:
    train = held(200)
    cut = with_cuts({"train": train}, seed=0, by_class=False)
    assert of(cut) == {"search": 30, "report": 30, "train": 140}
    everyone = np.concatenate([source.take(np.arange(len(source)))[0]["x"][:, 0] for source in cut.values()])
    assert sorted(everyone.tolist()) == list(range(200))
    assert of(with_cuts({"train": train, "report": held(7)}, seed=0, by_class=False)) == {
        "train": 170, "report": 7, "search": 30,
    }  # fmt: skip
    whole: dict[Split, Source] = {"train": train, "search": held(3), "report": held(7)}
    assert with_cuts(whole, seed=0, by_class=False) == whole


def test_each_part_has_its_share_of_every_class() -> None:
    cut = with_cuts({"train": held(400)}, seed=0, by_class=True)
    for source in cut.values():
        counts = np.bincount(source.take(np.arange(len(source)))[1], minlength=4)
        assert counts.max() - counts.min() <= 1


def test_equal_examples_go_to_one_part() -> None:
    cut = with_cuts({"train": held(200, different=50)}, seed=0, by_class=False)
    values = [set(source.take(np.arange(len(source)))[0]["x"][:, 0].tolist()) for source in cut.values()]
    assert sum(map(len, values)) == 50


def test_twenty_different_examples_can_be_cut_and_nineteen_cannot() -> None:
    assert of(with_cuts({"train": held(20)}, seed=0, by_class=False)) == {"search": 3, "report": 3, "train": 14}
    with pytest.raises(InputError, match="19 different examples are too few to cut search and report from"):
        with_cuts({"train": held(100, different=19)}, seed=0, by_class=False)


def test_every_example_needs_a_label_and_there_must_be_one() -> None:
    refuse_uneven(held(1), "mine", "train")
    two, three = np.zeros(2), np.zeros(3)
    for wrong in (held(0), Held({"x": three}, two), Held({"x": two, "y": three}, two)):
        with pytest.raises(InputError, match=r"Task 'mine' has inputs .* for train; give as many of each"):
            refuse_uneven(wrong, "mine", "train")
