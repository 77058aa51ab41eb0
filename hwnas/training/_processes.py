"""Several processes that train one supernet, as ``torchrun`` starts them: each takes some of the batches of a step.

All have the same supernet and the same random numbers. They add up their gradients, so a step is that of one process
which accumulates the batches of all, up to rounding. Statistics of batch-norm become the mean over the processes.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch import distributed as dist

from hwnas.contracts.errors import InputError
from hwnas.contracts.training import Events, Method, Seam, UpdateRule
from hwnas.evaluation.accelerator import accelerator

_STARTED_BY_TORCHRUN = "TORCHELASTIC_RUN_ID"


class Processes:
    """Those that train together.

    Args:
        rank: number of this one; the first, 0, writes.
        count: how many there are.
    """

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        self.rank, self.count = rank, count

    def begin(self, tensors: Iterable[Tensor]) -> None:
        """Wait for all, and give `tensors` the values that they have in the first."""
        if self.count > 1:
            dist.barrier()
            _at_once(tensors, lambda values: dist.broadcast(values, src=0))

    def own(self, parts: Sequence[slice]) -> Sequence[slice]:
        """The share of this one; there are as many for each."""
        each = len(parts) // self.count
        return parts[self.rank * each : (self.rank + 1) * each]

    def add_up(self, tensors: Iterable[Tensor]) -> None:
        """Give them the sums over all processes."""
        if self.count > 1:
            _at_once(tensors, dist.all_reduce)

    def average(self, tensors: Iterable[Tensor]) -> None:
        """Give them the means over all processes."""
        if self.count > 1:
            each = [tensor for tensor in tensors if tensor.is_floating_point()]
            _at_once(each, lambda values: (dist.all_reduce(values), values.div_(self.count)))

    def mean(self, figures: Mapping[str, float], device: torch.device) -> dict[str, float]:
        """Of each figure the mean over all processes, which have figures of the same names."""
        if self.count == 1:
            return dict(figures)
        values = torch.tensor(list(figures.values()), device=device, dtype=torch.float64)
        self.average([values])
        return dict(zip(figures, values.tolist(), strict=True))

    def refuse_unlike(self, tensors: Iterable[Tensor]) -> None:
        """Have all processes the same values?

        Raises:
            InputError: they do not.
        """
        if self.count == 1:
            return
        mine = torch.stack([tensor.detach().double().sum() for tensor in tensors])
        least, most = mine.clone(), mine.clone()
        dist.all_reduce(least, dist.ReduceOp.MIN)
        dist.all_reduce(most, dist.ReduceOp.MAX)
        if not torch.equal(least, most):
            raise InputError(
                "The processes came to different weights, so the method learns from what they do not share; train it "
                "in one process."
            )


def _at_once(tensors: Iterable[Tensor], exchange: Callable[[Tensor], object]) -> None:
    """Exchange the values of all in one message, and give them what comes of it."""
    each = [tensor.detach() for tensor in tensors]
    if each:
        together = torch.cat([tensor.flatten() for tensor in each])
        exchange(together)
        start = 0
        for tensor in each:
            tensor.copy_(together[start : start + tensor.numel()].view(tensor.shape))
            start += tensor.numel()


def started() -> int:
    """How many processes ``torchrun`` started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1")) if _STARTED_BY_TORCHRUN in os.environ else 1


def is_first() -> bool:
    """Whether this is the process that writes, and tells."""
    return started() == 1 or os.environ.get("RANK") == "0"


@contextmanager
def joined(on: str | None) -> Iterator[tuple[Processes, str | None]]:
    """The processes that ``torchrun`` started, and where this one computes; just this one where it started none.

    Args:
        on: where to compute; with ``cuda`` each has an accelerator of its own.

    Raises:
        InputError: several are to share an accelerator, or are to compute where they cannot exchange gradients, or
            there is no accelerator for this one.
    """
    count = started()
    if count == 1:
        yield Processes(), on
        return
    if on not in (None, "cpu", "cuda"):
        raise InputError(
            f"{count} processes train on cpu or, with one accelerator for each, on cuda, got {on}; use --on cpu or "
            "--on cuda."
        )
    here = f"cuda:{os.environ['LOCAL_RANK']}" if on == "cuda" else on
    accelerator(here or "cpu")  # PyTorch says no more than that a backend is missing
    dist.init_process_group("nccl" if on == "cuda" else "gloo")
    try:
        yield Processes(dist.get_rank(), count), here
    finally:
        dist.destroy_process_group()


def refuse_unshared(method: Method, processes: Processes) -> None:
    """Does a method learn from what only one of several processes sees?

    Raises:
        InputError: it does.
    """
    seams = method.seams.values()
    learns = (
        type(method.update).after_backward is not UpdateRule.after_backward
        or any(type(seam).on_step is not Seam.on_step for seam in seams)
        or type(method.events).edits is not Events.edits
    )
    if processes.count > 1 and learns:
        raise InputError(
            f"Method {method.name!r} learns from single batches, which {processes.count} processes do not share; train "
            "it in one process."
        )
