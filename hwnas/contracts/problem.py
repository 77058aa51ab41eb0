"""A problem to test searches on: everything that can be asked is known, or computed in no time."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial


class Problem(ABC):
    """What `hwnas compare` lets strategies search: ``hwnas.search(p.space, p.evaluate, p.objectives)``.

    An abstract class, not a protocol: three of its members have a default that nearly all problems share.
    """

    title: str
    """One line for pictures: what was trained, or who published it."""
    space: SearchSpace
    objectives: Sequence[Objective]
    """What is sought, unless somebody asks otherwise."""

    @property
    def fidelities(self) -> Mapping[str, float]:
        """Cheaper looks that strategies may take, with their shares of the cost of a full one; none by default."""
        return {}

    @property
    def shares(self) -> Mapping[str, float]:
        """Every fidelity that `evaluate` answers, with its share of the cost of ``full``."""
        return {**self.fidelities, "full": 1.0}

    @abstractmethod
    def evaluate(
        self, architectures: Sequence[Architecture], trials: Sequence[Trial] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Figures by name for each of `architectures`, or for each of `trials` at its fidelity; for `hwnas.search`.

        Raises:
            InputError: an architecture or a fidelity is unknown.
        """

    def front(self, objectives: Sequence[Objective] | None = None) -> list[Result] | None:  # noqa: ARG002
        """The true front for `objectives` (its own by default); None: nobody knows it, as by default."""
        return None
