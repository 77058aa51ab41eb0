"""A balanced mixture of supernets (Javan et al., "Balanced Mixture of SuperNets for Learning the CNN Pooling
Architecture", AutoML 2023).

Architectures that disturb one another had better not share weights. So there are several whole supernets, and Q, for
every architecture and member an average of how good it was there. A step draws an architecture uniformly, then one of
the members in proportion to exp(T Q), where T rises from `cold` to `hot` over the training; and so that no member takes
all, these proportions are balanced until all members are equally likely over the space (Sinkhorn). In the end an
architecture belongs to the member where it was best.

Where we differ: how good it was is told by the batch before the update that learns from it, which costs no pass, where
the paper takes a batch for validation; proportions are balanced anew at every step, where the published code keeps
those of the epoch; batch-norm is that of the networks; and only members that trained an architecture are compared for
it, or else for the one most like it, by Q without what is left of the 1 that it begins with, where the published code
evaluates it with every member in the end.
"""

from collections.abc import Sequence

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import ArchitectureSampler, Events, Method
from hwnas.contracts.training_events import Assign, Event, Probe
from hwnas.contracts.training_step import Job, State, Statistics, Step
from hwnas.genomes.listing import every_genome
from hwnas.sharing.assigned import AssignedSharing

_MOST = 4096  # architectures, of which each has a row
_KEPT = 0.9  # of Q, from one time to the next
_NEAR, _ROUNDS = 1e-4, 100  # of a balance, in nats, and until it is given up


class _Mixture(ArchitectureSampler, Events):
    def __init__(self, space: SearchSpace, members: int, cold: float, hot: float, *, balance: bool) -> None:
        self._cold, self._hot, self._rounds = cold, hot, _ROUNDS if balance else 0
        self._genomes = every_genome(space)
        self._keys = {space.decode(genome).key: i for i, genome in enumerate(self._genomes)}
        self._good = np.ones((len(self._keys), members))  # Q
        self._trained = np.zeros(self._good.shape, dtype=int)  # how often

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        space = step.stage.space
        architecture = space.space.decode(space.sample(1, rng)[0])
        heat = self._cold + (self._hot - self._cold) * step.index / step.of
        shares = balanced(heat * self._good, self._rounds)[self._keys[architecture.key]]
        return [Job(architecture, "random", member=int(rng.choice(len(shares), p=shares)))]

    def on_step(self, statistics: Statistics) -> None:
        task, batch = statistics.context.task, statistics.step.batch
        if task.class_axis is None:
            raise InputError(
                f"Method 'bmsn' compares shares of right classes, and task {quoted(task.name)} has a score of its own; "
                "train by 'few_shot'."
            )
        job, output = statistics.context.outputs[0]
        seen = len(output.value)
        right = output.value.argmax(dim=task.class_axis) == batch.labels[:seen]
        row, member = self._keys[job.architecture.key], job.member or 0
        self._trained[row, member] += 1
        self._good[row, member] = _KEPT * self._good[row, member] + (1 - _KEPT) * float(right.float().mean())

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:  # noqa: ARG002
        if not (statistics.ends_epoch or statistics.step.index + 1 == statistics.step.of):
            return ()
        first = _KEPT**self._trained  # what is left of the Q of 1 that a pair begins with
        mean = (self._good - first) / np.where(self._trained, 1 - first, 1.0)
        members = np.where(self._trained, mean, -1.0).argmax(axis=1)
        known = np.flatnonzero(self._trained.any(axis=1))
        for row in np.flatnonzero(~self._trained.any(axis=1)):
            unlike = (self._genomes[known] != self._genomes[row]).sum(axis=1)
            members[row] = members[known[unlike.argmin()]]
        return [Assign({key: int(members[row]) for key, row in self._keys.items()})]

    def state(self) -> State:
        return {"good": self._good.tolist(), "trained": self._trained.tolist()}

    def restore(self, state: State) -> None:
        self._good, self._trained = np.array(state["good"]), np.array(state["trained"], dtype=int)


def balanced(scores: FloatArray, rounds: int = _ROUNDS) -> FloatArray:
    """Proportions ``(n, members)`` of exp(scores), each row's sum 1, such that members are equally likely over rows."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    for _ in range(rounds):
        each = np.maximum(shares.mean(axis=0), 1e-8)
        if float((each * np.log(each * len(each))).sum()) < _NEAR:
            break
        shares = shares / each
        shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray(shares)


def bmsn(
    space: SearchSpace, *, members: int = 4, cold: float = 1.0, hot: float = 100.0, balance: bool = True
) -> Method:
    """One uniformly drawn sub-network per step, of one of `members` supernets.

    Args:
        space: what is searched.
        members: supernets, at least 1; each gets its part of the steps.
        cold: T at the start, at least 0.
        hot: T at the end, at least as much.
        balance: False is a control: members are drawn by exp(T Q) as it is, however few are used.

    Raises:
        InputError: the space is too large to have a row for every architecture, or an argument is out of its range.
    """
    if not 0 <= cold <= hot < float("inf"):
        raise InputError(f"Method 'bmsn' needs cold of at least 0 and hot of at least that, got {cold} and {hot}.")
    if space.count() > _MOST:
        raise InputError(
            f"Method 'bmsn' remembers how good every architecture was, of at most {_MOST:,}, and space {space.name!r} "
            f"has {space.count():.3g}; train by 'few_shot' or 'gm_nas'."
        )
    sharing = AssignedSharing(space, members=members)
    seam = _Mixture(space, members, cold, hot, balance=balance)
    settings = {"members": members, "cold": cold, "hot": hot, "balance": balance}
    return Method("bmsn", settings, architectures=seam, events=seam, sharing=sharing)
