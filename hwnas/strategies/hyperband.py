"""Hyperband (Li et al. 2018, arXiv:1603.06560): successive halving that hedges how far to trust the cheap rungs.

Large cohorts from the lowest rung take turns with ever smaller ones that begin higher up; the last begins at full
fidelity, which is plain random search. Each costs about the same. Sizes are those of its authors' code for BOHB:
with S rungs, the cohort that may be halved s times has ``floor(S / (s + 1)) * eta ** s`` members.
"""

from hwnas.strategies._fidelities.brackets import Brackets


class Hyperband(Brackets):
    """Cohorts in turns, the first one from the lowest rung.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        fidelities: see `LadderSearch`; shares that grow by about eta from rung to rung.
        eta: one of so many goes on to the next rung.
    """

    def _cohort(self, number: int) -> tuple[int, int]:
        start = number % len(self.rungs)
        halvings = self.top - start
        return start, len(self.rungs) // (halvings + 1) * self.eta**halvings


hyperband = Hyperband
