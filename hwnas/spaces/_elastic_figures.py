"""Exact figures of elastic networks: each is a sum, over what a network does, of products of its sizes."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import numpy as np
from torch import nn

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.axes import AxisTree, Sizes, size_of
from hwnas.contracts.choice import Choice
from hwnas.contracts.stages import stage_of

Term = tuple[str, Sizes, int]
"""A figure, axes whose sizes are multiplied, choices of blocks among them, and how often that counts."""

SizesOf = Callable[[Mapping[str, IntArray]], Mapping[str, IntArray]]
"""From the options of every choice to how many entries there are of everything that follows one."""


class Figures:
    """Of many genomes at once.

    Args:
        choices: of the space; those of blocks are true where they are kept.
        sizes: that follow them.
        terms: of all figures.
    """

    def __init__(self, choices: Sequence[Choice], sizes: SizesOf, terms: Sequence[Term]) -> None:
        self.names = tuple(sorted({figure for figure, _, _ in terms}))
        self._options = [np.array(choice.options, dtype=np.int64) for choice in choices]
        self._choices, self._sizes = [choice.name for choice in choices], sizes
        places = {trees: i for i, trees in enumerate(dict.fromkeys(trees for _, trees, _ in terms))}
        self._products = list(places)
        self._counts = np.zeros((len(places), len(self.names)))
        for figure, trees, count in terms:
            self._counts[places[trees], self.names.index(figure)] += count

    def __call__(self, genomes: IntArray) -> FloatArray:
        """``(n, g) -> (n, f)``, in the order of `names`."""
        chosen = {name: o[genomes[:, i]] for i, (name, o) in enumerate(zip(self._choices, self._options, strict=True))}
        sizes = cast("Mapping[str, int]", self._sizes(chosen))  # of arrays as of numbers
        products = np.ones((len(genomes), len(self._products)))
        for i, trees in enumerate(self._products):
            products[:, i] = math.prod(size_of(tree, sizes) for tree in trees)
        return products @ self._counts


def costs_of(figures: Figures) -> Callable[[IntArray], dict[str, FloatArray]]:
    """Every figure by its name, ``(n,)`` each."""

    def costs(genomes: IntArray) -> dict[str, FloatArray]:
        return dict(zip(figures.names, figures(genomes).T, strict=True))

    return costs


def parameter_terms(
    network: nn.Module, axes: Mapping[str, Sequence[AxisTree | None]], blocks: Mapping[str, str]
) -> list[Term]:
    """How many parameters every stage has.

    Args:
        network: the whole.
        axes: of its tensors, by name; None: fixed.
        blocks: modules that can be left out, by their choice.
    """
    terms: list[Term] = []
    for name, parameter in network.named_parameters():
        trees = axes.get(name, (None,) * parameter.ndim)
        fixed = math.prod(size for size, tree in zip(parameter.shape, trees, strict=True) if tree is None)
        inside = tuple(choice for choice, path in blocks.items() if name.startswith(f"{path}."))
        stage = stage_of(name.rpartition(".")[0])
        terms.append((f"{stage}.params".lstrip("."), (*inside, *(tree for tree in trees if tree is not None)), fixed))
    return terms


def in_all(terms: Sequence[Term], *names: str) -> list[Term]:
    """The figures that end with one of these `names`, such as multiply-adds of every kind, summed over all stages; 0
    where there are none.
    """
    none: list[Term] = [(name, (), 0) for name in names]
    return none + [(name, trees, count) for figure, trees, count in terms for name in names if figure.endswith(name)]
