"""Adapters of a sparse supernet (Muñoz et al., "Shears: Unstructured Sparsity with Neural Low-rank Adapter Search",
NAACL 2024 industry track).

For a supernet that begins as a trained network (``--init``): the first step looks at the largest sub-network, and
prunes in every row of a weight the share `sparsity` that counts least by Wanda (Sun et al., "A Simple and Effective
Pruning Approach for Large Language Models", ICLR 2024), the magnitude of a weight times the L2 norm of its input. Then
weights stay frozen, and adapters of low rank learn by single paths, as in `lonas`.

Where we differ: an adapter is added to its weight under the mask, so that what is handed out is as sparse; the
published code keeps adapters apart. Norms of inputs are those of one batch. Grouped convolutions and embeddings are not
pruned.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import ArchitectureSampler, Events, Method, Schedule, TrainingObjective
from hwnas.contracts.training_events import Event, Probe, Prune
from hwnas.contracts.training_step import Curve, Job, Stage, Statistics, Step
from hwnas.sharing._building import Builder
from hwnas.sharing.low_rank import LowRankSharing, is_adapter
from hwnas.training._stages import rate_from

_LOOK, _TRAIN = "look at the largest, then prune", "train adapters"


class _PrunedThenAdapted(Schedule, ArchitectureSampler, TrainingObjective, Events):
    def __init__(self, space: SearchSpace, sparsity: float) -> None:
        self._sparsity = sparsity
        layers = Builder(space).hollow(space.largest).named_modules()
        self.features = sorted(name for name, layer in layers if _is_dense(layer))

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        whole = SubSpace(space)
        return [
            Stage(whole, 1, partial(rate_from, curve, 0, steps), is_adapter, _LOOK),
            Stage(whole, steps - 1, partial(rate_from, curve, 1, steps), is_adapter, _TRAIN),
        ]

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        if step.stage.name == _LOOK:
            return [Job(step.stage.space.largest, "largest")]
        return super().plan(step, rng)

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:
        if statistics.step.stage.name != _LOOK:
            return ()
        largest = probe.extract(statistics.step.stage.space.largest)
        _, output = statistics.context.outputs[0]
        with torch.no_grad():
            return [
                Prune({
                    f"{name}.weight": kept(largest.get_parameter(f"{name}.weight"), feature.input, self._sparsity)
                    for name, feature in output.features.items()
                })
            ]  # fmt: skip


def _is_dense(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv1d | nn.Conv2d) and layer.groups == 1)


def kept(weight: Tensor, inputs: Tensor, sparsity: float) -> Tensor:
    """A mask like `weight`, ``(out, in, ...)``, with a share `sparsity` of zeros in every row.

    Args:
        weight: of a linear layer, or of a convolution without groups.
        inputs: of the layer: ``(..., in)``, or ``(n, in, ...)`` for a convolution.
        sparsity: rounded to whole weights.
    """
    columns = inputs.flatten(0, -2) if weight.ndim == 2 else inputs.movedim(1, -1).flatten(0, -2)
    norms = columns.norm(dim=0).view(1, -1, *[1] * (weight.ndim - 2))
    scores = (weight.abs() * norms).flatten(1)
    mask = torch.ones_like(scores)
    least = scores.argsort(dim=1, stable=True)[:, : round(sparsity * scores.shape[1])]
    return mask.scatter(1, least, 0.0).view_as(weight)


def shears(space: SearchSpace, *, sparsity: float = 0.5, rank: int = 8, scale: float = 1.0) -> Method:
    """One uniformly drawn sub-network per step, in which adapters of pruned weights learn.

    Args:
        space: what is searched.
        sparsity: share of the weights that are pruned, above 0 and below 1.
        rank: of adapters, at least 1.
        scale: what an adapter counts beside its weight, above 0.

    Raises:
        InputError: no layer can be pruned, or an argument is out of its range.
    """
    if not 0 < sparsity < 1:
        raise InputError(f"Method 'shears' needs a sparsity above 0 and below 1, got {sparsity}.")
    seam = _PrunedThenAdapted(space, sparsity)
    if not seam.features:
        raise InputError(
            f"Method 'shears' prunes linear layers and convolutions without groups, and the largest network of space "
            f"{space.name!r} has none; train by 'lonas'."
        )
    settings = {"sparsity": sparsity, "rank": rank, "scale": scale}
    sharing = LowRankSharing(space, rank=rank, scale=scale, of="masked")
    return Method("shears", settings, schedule=seam, architectures=seam, objective=seam, events=seam, sharing=sharing)
