"""The three parts of a task's data: those that are given, and those that are cut from what there is to learn from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.task import SPLITS, Split
from hwnas.tasks._cuts import parts
from hwnas.tasks._source import Held, Source, part_of

SHARE_CUT = 0.15  # of the training examples, for each split that is missing
_FEWEST_TO_CUT = 20


def refuse_uneven(source: Source, name: str, split: str) -> None:
    """Has every example a label?

    Raises:
        InputError: it has not, or there is none.
    """
    counts = {n: len(values) for n, values in source.inputs.items()} if isinstance(source, Held) else {}
    if set(counts.values()) - {len(source)} or not len(source):
        raise InputError(
            f"Task {quoted(name)} has inputs {counts} and {len(source)} labels for {split}; give as many of each, "
            "at least one."
        )


def with_cuts(given: Mapping[Split, Source], seed: int, *, by_class: bool) -> dict[Split, Source]:
    """With the splits that are missing taken from train, each part with its share of every class where that is known.

    Equal examples go to one part, where they can be told without reading data that is read when it is wanted.
    """
    missing = [split for split in SPLITS if split not in given]
    if not missing:
        return dict(given)
    train = given["train"]
    rows = train.keys() or [str(i).encode() for i in range(len(train))]
    different = len(set(rows))
    if different < _FEWEST_TO_CUT:
        raise InputError(
            f"{different} different examples are too few to cut {' and '.join(missing)} from, at least "
            f"{_FEWEST_TO_CUT} are needed; give all splits."
        )
    shares = [*(SHARE_CUT for _ in missing), 1 - SHARE_CUT * len(missing)]
    owner = parts(rows, train.kinds() if by_class else None, shares, seed)
    splits: tuple[Split, ...] = (*missing, "train")
    return {**given, **{split: part_of(train, np.flatnonzero(owner == i)) for i, split in enumerate(splits)}}
