"""What another search found, as something this one can learn from: its figures, learnt, are features of the space.

A network that is slow on one device is mostly slow on another, and its accuracy is the same. So a model is fitted to
each figure of the other archive, and what it says of a genome stands beside the genes. Whether that means anything
here is found by the likelihood of what is measured here, as for any other feature; nothing is taken at its word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwnas.archive import Archive, merged
from hwnas.archive.records import KnowledgeRecord
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.prior.effects import part_maps
from hwnas.surrogates.prior.inputs import inputs, with_features
from hwnas.surrogates.prior.pooled import Learnt

_FEWEST = 12  # architectures from which figures are learnt
_MOST = 600  # evenly many of those there are: learning is cubic in them


@dataclass(frozen=True)
class Knowledge:
    """Figures of other searches.

    Args:
        genomes: distinct, ``(n, g)``.
        figures: ``(n, k)``, in whatever units.
    """

    genomes: IntArray
    figures: FloatArray

    @classmethod
    def of(cls, source: Archive, space: SearchSpace, names: Sequence[str] = ()) -> Knowledge:
        """What every result of an archive has, or of that only the figures of these names."""
        results = merged(source.results())
        common = set.intersection(*(set(r.figures) for r in results)) if results else set()
        shared = sorted(common & set(names) if names else common)
        if not shared or len(results) < _FEWEST:
            return cls(np.empty((0, len(space.choices)), dtype=np.int64), np.empty((0, 0)))
        some = np.unique(np.linspace(0, len(results) - 1, min(len(results), _MOST)).astype(np.int64))
        chosen = [results[i] for i in some.tolist()]
        genomes = space.encode_many(r.trial.architecture for r in chosen)
        figures = np.array([[r.figures[name] for name in shared] for r in chosen], dtype=np.float64)
        varying = np.ptp(figures, axis=0) > 0
        return cls(genomes, figures[:, varying])

    def to_record(self) -> KnowledgeRecord:
        """As it is stored."""
        return KnowledgeRecord(genomes=self.genomes.tolist(), figures=self.figures.tolist())

    @classmethod
    def of_record(cls, record: KnowledgeRecord, space: SearchSpace) -> Knowledge:
        """What `to_record` gave."""
        genomes = np.array(record.genomes, dtype=np.int64).reshape(-1, len(space.choices))
        return cls(genomes, np.array(record.figures, dtype=np.float64).reshape(len(genomes), -1))


def knowing(space: SearchSpace, knowledge: Knowledge) -> SearchSpace:
    """The space with one feature more for each figure; the same one when nothing is known."""
    if not knowledge.figures.size:
        return space
    parts, rows = part_maps(space), inputs(space, knowledge.genomes)
    learnt = [Learnt(parts, rows, column) for column in knowledge.figures.T]

    def more(_: IntArray, asked: FloatArray) -> FloatArray:
        quick = asked.astype(np.float32)
        return np.column_stack([model.costs(quick, model.form) for model in learnt])

    return with_features(space, more)
