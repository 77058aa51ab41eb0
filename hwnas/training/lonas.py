"""Elastic low-rank adapters (Muñoz et al., "LoNAS: Elastic Low-Rank Adapters for Efficient Large Language Models",
LREC-COLING 2024).

For a supernet that begins as a trained network (``--init``): its weights stay frozen, and adapters of low rank learn by
single paths, so that sub-networks cut from the frozen weights become good ones at little memory for the optimizer.

Where we differ: the rank is the same for all sub-networks, since in what is handed out an adapter is added to its
weight and its rank costs nothing; and with `norms` what has one dimension, such as scales of norms, learns too.
"""

from collections.abc import Sequence

from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import Defaults, Method, Schedule
from hwnas.contracts.training_step import Curve, Stage
from hwnas.sharing.low_rank import LowRankSharing, is_adapter


class _AdaptersAlone(Schedule):
    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        def rate(index: int) -> float:
            return curve(index, steps)

        return [Stage(SubSpace(space), steps, rate, trainable=is_adapter)]


def lonas(space: SearchSpace, *, rank: int = 8, scale: float = 1.0, norms: bool = False) -> Method:
    """One uniformly drawn sub-network per step, in which adapters learn.

    Args:
        space: what is searched.
        rank: of adapters, at least 1.
        scale: what an adapter counts beside its weight, above 0.
        norms: whether tensors of one dimension learn too.

    Raises:
        InputError: an argument is out of its range.
    """
    sharing = LowRankSharing(space, rank=rank, scale=scale)
    settings = {"rank": rank, "scale": scale, "norms": norms}
    return Method("lonas", settings, schedule=Defaults() if norms else _AdaptersAlone(), sharing=sharing)
