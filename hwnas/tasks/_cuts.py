"""Cutting examples into parts that never mix, each with its due share of every class."""

from collections.abc import Sequence

import numpy as np

from hwnas.contracts.arrays import IntArray


def dealt(sizes: Sequence[int]) -> IntArray:
    """To which part, ``(sum(sizes),)``, each of sorted examples goes, dealt in a fixed rhythm: neighbours to all parts
    in turn, so that every part has its share of what was sorted together.
    """
    position = np.concatenate([(np.arange(size) + 0.5) / size for size in sizes])
    owner: IntArray = np.repeat(np.arange(len(sizes)), list(sizes))[np.argsort(position, kind="stable")]
    return owner


def parts(rows: Sequence[bytes], classes: IntArray | None, shares: Sequence[float], seed: int) -> IntArray:
    """To which part, ``(n,)``, each row goes: part ``i`` gets about ``shares[i]`` of the different rows, at least one.

    Equal rows go to one part together, or what was learnt from would be reported as unseen.

    Args:
        rows: of each example, what only equal ones share, such as the bytes of its inputs.
        classes: ``(n,)``; each part gets its share of every class. None: by chance.
        shares: of the parts; they sum to 1.
        seed: of the chance.
    """
    numbers: dict[bytes, int] = {}  # in the order in which they come, so that what they are of does not matter
    group = np.array([numbers.setdefault(row, len(numbers)) for row in rows])
    _, first = np.unique(group, return_index=True)
    sizes = [max(1, round(share * len(first))) for share in shares[:-1]]
    order = np.random.default_rng(seed).permutation(len(first))
    if classes is not None:
        order = order[np.argsort(classes[first][order], kind="stable")]
    owner = np.empty(len(first), dtype=np.int64)
    owner[order] = dealt([*sizes, len(first) - sum(sizes)])
    part: IntArray = owner[group]
    return part
