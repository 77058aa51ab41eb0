"""Who proposes what to evaluate next."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.trial import Result, Trial

FIDELITIES = "fidelities"
"""Setting of the strategies that know of cheaper looks: names of fidelities and their cost as a share of ``full``."""
BEGINNINGS = ("initial", "population")
"""Settings that say how many architectures are drawn before anything is learnt; a small budget lowers their default."""
EXAMPLES = "examples"
"""Setting of the strategies that look at data: inputs ``(n, ...)`` and labels ``(n,)``, which the search hands out."""


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

    @property
    def batch(self) -> int:
        """Trials it likes to be asked for now, between two times of learning."""
        return 25

    def warm_start(self, genomes: IntArray, figures: FloatArray) -> None:  # noqa: B027  most have no use for it
        """Told once, before anything is asked: distinct genomes ``(n, g)`` of other searches and what is known of them,
        ``(n, k)`` in whatever units. Passed over by default.
        """
