"""Search and pruning in one training (You et al., "SuperTickets: Drawing Task-Agnostic Lottery Tickets from Supernets
via Jointly Architecture Searching and Parameter Pruning", ECCV 2022).

While single paths are trained, the scales of norms are drawn to 0, at a strength that rises over the first `rises` of
the steps; and step by step more weights are pruned: those of the least magnitude of all layers together, ranked by
their values, not by what an old mask leaves of them, so that a weight can come back. With `reactivate` all weights take
part again in the second half of each phase but the last one.

Where we differ: units with small scales are not taken out, since the widths of a sub-network are choices of its space;
the published code reactivates right after a pruned network was evaluated; and a search finds the sub-network.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _NormBase
from torch.optim import Optimizer

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import Events, Method, Schedule, UpdateRule
from hwnas.contracts.training_events import Event, Probe, Prune
from hwnas.contracts.training_step import Context, Curve, Stage, Statistics
from hwnas.sharing._building import Builder
from hwnas.sharing.masked import MaskedSharing
from hwnas.training._stages import divided, one_after_another

_PRUNE, _WHOLE, _TRAIN = "then prune to", "then reactivate", "train"


class _Tickets(Schedule, UpdateRule, Events):
    def __init__(
        self, space: SearchSpace, sparsity: float, phases: int, scales: float, rises: float, *, reactivate: bool
    ) -> None:
        network = Builder(space).hollow(space.largest)
        self._norms = {f"{name}.weight" for name, part in network.named_modules() if isinstance(part, _NormBase)}
        self._sparsity, self._phases, self._reactivate = sparsity, phases, reactivate
        self._scales, self._rises = scales, rises

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        names = []
        for phase in range(1, self._phases + 1):
            names.append(f"{_PRUNE} {self._sparsity * phase / self._phases:g}")
            if self._reactivate and phase < self._phases:
                names += [_WHOLE]
        weights = [1.0, *([0.5, 0.5] * (self._phases - 1) if self._reactivate else [1.0] * (self._phases - 1)), 1.0]
        return one_after_another(space, [*names, _TRAIN], divided(steps, weights), curve)

    def before_step(self, context: Context, optimizer: Optimizer) -> None:  # noqa: ARG002
        share = min(1.0, context.step.index / max(1.0, self._rises * context.step.of))
        for name in self._norms & context.parameters.keys():
            scale = context.parameters[name]
            if scale.grad is not None:
                scale.grad += share * self._scales * scale.detach().sign()

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:
        name = statistics.step.stage.name
        if not statistics.ends_stage or name == _TRAIN:
            return ()
        prunable = {n: p.detach() for n, p in probe.parameters.items() if p.ndim > 1}
        if name == _WHOLE:
            return [Prune({n: torch.ones_like(p) for n, p in prunable.items()})]
        return [Prune(least_pruned(prunable, float(name.removeprefix(_PRUNE))))]


def least_pruned(weights: Mapping[str, Tensor], sparsity: float) -> dict[str, Tensor]:
    """Masks with a share `sparsity` of zeros, where magnitudes are the least of all tensors together."""
    magnitudes = torch.cat([w.abs().flatten() for w in weights.values()])
    count = round(sparsity * len(magnitudes))
    kept = torch.ones_like(magnitudes)
    kept[magnitudes.argsort(stable=True)[:count]] = 0.0
    parts = torch.split(kept, [w.numel() for w in weights.values()])
    return {name: part.reshape(w.shape) for (name, w), part in zip(weights.items(), parts, strict=True)}


def supertickets(
    space: SearchSpace,
    *,
    sparsity: float = 0.5,
    phases: int = 4,
    scales: float = 1e-4,
    rises: float = 0.1,
    reactivate: bool = True,
) -> Method:
    """One uniformly drawn sub-network per step, of a supernet that gets sparser.

    Args:
        space: what is searched.
        sparsity: share of the weights that are pruned in the end, above 0 and below 1.
        phases: in which as much more is pruned each time, at least 1; a part of the training comes before the first.
        scales: strength that scales of norms are drawn to 0 with, at least 0.
        rises: share of the steps in which it rises, from 0 to 1.
        reactivate: whether all weights take part in the second half of a phase.

    Raises:
        InputError: an argument is out of its range.
    """
    if not (0 < sparsity < 1 and phases >= 1 and 0 <= scales < float("inf") and 0 <= rises <= 1):
        raise InputError(
            "Method 'supertickets' needs a sparsity above 0 and below 1, phases of at least 1, scales of at least 0 "
            f"and rises from 0 to 1, got {sparsity}, {phases}, {scales} and {rises}."
        )
    seam = _Tickets(space, sparsity, phases, scales, rises, reactivate=reactivate)
    settings = {"sparsity": sparsity, "phases": phases, "scales": scales, "rises": rises, "reactivate": reactivate}
    return Method("supertickets", settings, schedule=seam, update=seam, events=seam, sharing=MaskedSharing(space))
