"""How far genomes are apart, for kernels: gene by gene, or by the paths that lead through a cell."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.regressors.gaussian_process import Distances

_Blocks = dict[tuple[object, ...], list[tuple[int, ...]]]
"""Paths, as genes, that share columns."""

_MOST_PATHS = 5_000  # columns; beyond, matrices get too large to be of use


def hamming(space: SearchSpace) -> Distances:
    """One distance per gene that can vary: 1 where it differs, or is active in one of the two only."""
    genes = _varying(space)

    def distances(one: IntArray, other: IntArray) -> FloatArray:
        a, b = (np.where(space.active(x), x, -1)[:, genes] for x in (one, other))
        return np.asarray(a.T[:, :, None] != b.T[:, None, :], dtype=np.float64)

    return distances


def squares(space: SearchSpace) -> Distances:
    """One squared distance per gene: of the option's place in [0, 1] if ordered, else as `hamming`."""
    genes = _varying(space)
    ordered = np.array([space.choices[i].ordered for i in genes])
    ends = space.sizes[genes] - 1

    def distances(one: IntArray, other: IntArray) -> FloatArray:
        a, b = ((np.where(space.active(x), x, -1)[:, genes]).T for x in (one, other))
        differ = (a[:, :, None] != b[:, None, :]).astype(np.float64)
        along = ((a[:, :, None] - b[:, None, :]) / ends[:, None, None]) ** 2
        both = (a[:, :, None] >= 0) & (b[:, None, :] >= 0)
        return np.asarray(np.where(ordered[:, None, None] & both, along, differ))

    return distances


def tanimoto(features: Callable[[IntArray], FloatArray]) -> Distances:
    """One distance: 1 minus the shared share of two sets given as 0/1 columns (Jaccard); two empty ones are equal."""

    def distances(one: IntArray, other: IntArray) -> FloatArray:
        a, b = features(one), features(other)
        shared = a @ b.T
        either = a.sum(axis=1)[:, None] + b.sum(axis=1)[None, :] - shared
        return np.asarray(1.0 - np.where(either > 0, shared / np.maximum(either, 1), 1.0))[None]

    return distances


def path_features(
    space: SearchSpace, paths: Sequence[Sequence[str]] | None, broken: Option | None = None
) -> Callable[[IntArray], FloatArray]:
    """Which sequences of options lead from input to output, ``(n, g) -> (n, f)`` of 0/1 (White et al. 2021).

    Args:
        space: of the genomes.
        paths: names of the choices along each path; paths of the same options share columns, as they compute alike.
            None: the space is a chain, and every choice, alone and with the next one, counts as a path of its own.
        broken: an option (such as ``none``) that interrupts a path.

    Raises:
        InputError: a name is unknown, or there are too many sequences.
    """
    if paths is None:
        genes = range(len(space.choices))
        blocks: _Blocks = {path: [path] for path in [*((i,) for i in genes), *pairwise(genes)]}
    else:
        blocks = _shared(space, paths)
    widths = [prod(space.sizes[list(same[0])].tolist()) for same in blocks.values()]
    if sum(widths) > _MOST_PATHS:
        raise InputError(
            f"These paths have {sum(widths)} sequences of options, at most {_MOST_PATHS} can be told apart; "
            "give shorter ones."
        )
    open_ = [np.array([option != broken for option in choice.options]) for choice in space.choices]

    def features(genomes: IntArray) -> FloatArray:
        active, columns = space.active(genomes), []
        for same, width in zip(blocks.values(), widths, strict=True):
            block = np.zeros((len(genomes), width))
            for path in same:
                number = np.zeros(len(genomes), dtype=np.int64)
                through = np.ones(len(genomes), dtype=np.bool_)
                for gene in path:
                    number = number * space.sizes[gene] + genomes[:, gene]
                    through &= active[:, gene] & open_[gene][genomes[:, gene]]
                rows = np.flatnonzero(through)
                block[rows, number[rows]] = 1.0
            columns.append(block)
        return np.concatenate(columns, axis=1)

    return features


def _shared(space: SearchSpace, paths: Sequence[Sequence[str]]) -> _Blocks:
    index = {name: i for i, name in enumerate(space.names)}
    unknown = [name for path in paths for name in path if name not in index]
    if unknown or not all(paths):
        raise InputError(
            f"Paths are made of choice names such as {quoted(space.names[0])}, got {unknown or paths}; correct them."
        )
    blocks: _Blocks = {}
    for path in paths:
        genes = tuple(index[name] for name in path)
        blocks.setdefault(tuple(space.choices[i].options for i in genes), []).append(genes)
    return blocks


def _varying(space: SearchSpace) -> IntArray:
    genes = np.flatnonzero(space.sizes > 1)
    return genes if len(genes) else np.zeros(1, dtype=np.int64)
