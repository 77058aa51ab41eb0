"""Who proposes what to evaluate next."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from hwnas.contracts.trial import Result, Trial


class Strategy(ABC):
    """Ask and tell. A pure function of what it was told and its seed, so replaying the archive restores it.

    An ABC and not a Protocol: third parties subclass it, and a missing method must fail when it is made.
    """

    @abstractmethod
    def ask(self, n: int) -> list[Trial]:
        """At most `n` new trials, canonical, never one asked or told before; fewer only when the space is spent."""

    @abstractmethod
    def tell(self, results: Sequence[Result]) -> None:
        """Learn from results, failed ones included, in the order given."""
