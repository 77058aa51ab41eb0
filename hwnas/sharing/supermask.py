"""One set of weights, and for each task of a stream a mask of its own that says which of them it uses.

What continual learning by supermasks needs (Wortsman et al., "Supermasks in Superposition", NeurIPS 2020; Yadav and
Bansal, "Exclusive Supermask Subnetwork Training for Continual Learning", Findings of ACL 2023). A mask takes the share
`density` of every weight tensor where scores, which are learnt, are largest in magnitude. Scales, shifts, biases and
statistics of norms are each task's own. Weights begin as constants of random sign, so that a mask alone is worth
something.

Ask for a task's network by ``supernet.extract(architecture, member=TASK)``; without a member it is the first task's.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import Draw, Extent, Slot
from hwnas.sharing._changed import ChangedSharing

_TASK, _SCORE = "task.", "score/"


class SupermaskSharing(ChangedSharing):
    """Tensors ``NAME`` for weights, ``task.T/score/NAME`` for what a task's mask of them comes from, and
    ``task.T/NAME`` for tensors of fewer than two dimensions and for those that are not trained.

    Args:
        space: whose networks share.
        tasks: how many there are.
        density: share of a weight tensor that a mask takes, above 0 and at most 1.
        of: the scheme that shares the masked tensors.
        settings: of that scheme; None: its defaults.

    Raises:
        InputError: an argument is out of its range.
    """

    name = "supermask"

    def __init__(
        self,
        space: SearchSpace,
        *,
        tasks: int = 2,
        density: float = 0.1,
        of: str = "prefix",
        settings: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(space, tasks=tasks, density=density, of=of, settings=settings)
        if tasks < 1 or not 0 < density <= 1:
            raise InputError(
                "Sharing scheme 'supermask' needs tasks of at least 1 and a density above 0 and at most 1, got "
                f"{tasks} and {density}."
            )
        self._tasks, self._density = tasks, density
        self.needs_member = tasks > 1

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> Mapping[str, Tensor]:
        """Weights of one magnitude per tensor, scores, and each task's own tensors, which begin alike."""
        within = self._within.initial(extents, draw)
        weights = {name: tensor for name, tensor in within.items() if tensor.requires_grad and tensor.ndim > 1}
        shared: dict[str, Tensor] = {}
        for name, tensor in weights.items():
            magnitude = (2 / tensor[0].numel()) ** 0.5  # Kaiming's for ReLU
            shared[name] = nn.Parameter(tensor.detach().sign() * magnitude)
        for task in range(self._tasks):
            for name, tensor in within.items():
                if name in weights:
                    scores = torch.empty_like(tensor, requires_grad=False)
                    shared[score_of(task, name)] = nn.Parameter(nn.init.kaiming_uniform_(scores, a=5**0.5))
                else:
                    own = tensor.detach().clone()
                    shared[_of_task(task, name)] = nn.Parameter(own) if tensor.requires_grad else own
        return shared

    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,
        member: int | None = None,
    ) -> Mapping[str, Tensor]:
        """As the scheme within gives them, of the tensors of task `member`; None: the first.

        Raises:
            InputError: there is no such task.
        """
        task = member or 0
        if not 0 <= task < self._tasks:
            raise InputError(f"There are {self._tasks} tasks, numbered from 0, got {task}; use one of them.")
        scores = {name: shared[score_of(task, name)] for name in shared if not name.startswith(_TASK)}
        own = _of_task(task, "")
        ours = {n.removeprefix(own): t for n, t in shared.items() if n.startswith(own) and n not in scores}
        return super().bind({**{n: shared[n] for n in scores}, **ours}, slots, architecture)

    def changed(self, shared: Mapping[str, Tensor], architecture: Architecture) -> Mapping[str, Tensor]:  # noqa: ARG002
        """The masked weights of the task whose tensors these are; gradients of masks reach scores as they are."""
        used = {name: tensor for name, tensor in shared.items() if not name.startswith(_SCORE)}
        for name, scores in shared.items():
            if name.startswith(_SCORE):
                weight = name.removeprefix(_SCORE)
                magnitudes = scores.abs()
                mask = mask_of(scores, self._density) + (magnitudes - magnitudes.detach())
                used[weight] = used[weight] * mask
        return used


def mask_of(scores: Tensor, density: float) -> Tensor:
    """1 where magnitudes of scores are largest, for a share `density` and at least one of them; else 0."""
    flat = scores.detach().abs().flatten()
    kept = flat.argsort(descending=True, stable=True)[: max(1, round(density * len(flat)))]
    return torch.zeros_like(flat).index_fill_(0, kept, 1.0).view_as(scores)


def _of_task(task: int, name: str) -> str:
    return f"{_TASK}{task}/{name}"


def score_of(task: int, weight: str) -> str:
    """The name of the scores that a task's mask of a weight tensor comes from."""
    return _of_task(task, _SCORE + weight)


def is_of_task(name: str, task: int) -> bool:
    """Whether a shared tensor is used by a task alone."""
    return name.startswith(_of_task(task, ""))


def is_weight(name: str) -> bool:
    """Whether all tasks share a tensor."""
    return not name.startswith(_TASK)


def supermask(
    space: SearchSpace,
    *,
    tasks: int = 2,
    density: float = 0.1,
    of: str = "prefix",
    settings: Mapping[str, object] | None = None,
) -> SupermaskSharing:
    """The scheme, as it is found by name."""
    return SupermaskSharing(space, tasks=tasks, density=density, of=of, settings=settings)
