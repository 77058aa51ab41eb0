"""Hypothesis generators of spaces, and of their genomes."""

import itertools
from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.search_space import SearchSpace
from hwnas.testing._drawn import genomes

_OPTIONS: tuple[tuple[Option, ...], ...] = (
    (2, 3, 4),
    (1, 2),
    (7,),
    ("conv", "pool", "skip"),
    ("relu", "gelu"),
    (False, True),
    (0.25, 0.5, 1.0),
)


@st.composite
def spaces(draw: st.DrawFn, *, most_choices: int = 5) -> SearchSpace:
    """Small spaces; a choice may depend on any mix of earlier ones, and parents may stand behind their children."""
    choices: list[Choice] = []
    for i in range(draw(st.integers(1, most_choices))):
        parents = draw(st.lists(st.sampled_from(choices), unique_by=lambda c: c.name, max_size=2)) if choices else []
        active_if = {
            parent.name: tuple(draw(st.lists(st.sampled_from(parent.options), unique=True, min_size=1)))
            for parent in parents
        }
        options = draw(st.sampled_from(_OPTIONS))
        choices.append(Choice(f"choice{i}", options, active_if, ordered=not isinstance(options[0], str)))
    return SearchSpace(draw(st.permutations(choices)))


def batches(space: SearchSpace, *, most: int = 6) -> st.SearchStrategy[IntArray]:
    """Any genomes ``(n, g)`` of a space."""
    return st.lists(genomes(space), min_size=1, max_size=most).map(np.stack)


def every_genome(space: SearchSpace) -> IntArray:
    """All genomes, canonical or not, ``(product of sizes, g)``: for small spaces."""
    everything: Iterator[tuple[int, ...]] = itertools.product(*(range(size) for size in space.sizes.tolist()))
    return np.array(list(everything), dtype=np.int64)
