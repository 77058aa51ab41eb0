"""Searching with a policy that learns from what it is told: the frame of REINFORCE, PPO and ENAS's controller.

The policy is a `Controller`, trained anew from the history in groups of a fixed size, in the order told; so it is a
function of the history, and a group once learnt is only learnt again when the history before it has changed. The
reward is minus the scaled Chebyshev sum of the costs (`acquisition`), by the weights the architecture was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result
from hwnas.genomes.neighbours import one_changed
from hwnas.strategies._controllers.lstm import Controller, Shape
from hwnas.surrogates.base.proposer import Proposer
from hwnas.surrogates.base.seams import History
from hwnas.surrogates.pickers.acquisition import chebyshev, random_weights
from hwnas.surrogates.regressors.mlp import Adam

_TRIES = 4  # samples for one place in a batch, before a neighbour of the first is taken


@dataclass
class Learner:
    """A controller in training, with its moving baseline."""

    controller: Controller
    optimizer: Adam
    baseline: float | None = None

    def climb(self, gradients: Sequence[FloatArray]) -> None:
        """One step that makes what the gradients are of larger."""
        self.optimizer.step(self.controller.parameters, [-g for g in gradients])

    def advantage(self, rewards: FloatArray, decay: float) -> FloatArray:
        """Rewards minus the moving average, which then follows them."""
        mean = float(rewards.mean())
        self.baseline = mean if self.baseline is None else decay * self.baseline + (1 - decay) * mean
        return rewards - self.baseline


class PolicySearch(Proposer):
    """One step of the score-function gradient for each group of results, unless a subclass says otherwise.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        shape: of the controller.
        rate: step size of Adam.
        group: results that are learnt from together.
        decay: of the moving average of rewards.
        entropy: weight of the policy's entropy, per decision.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        shape: Shape,
        rate: float,
        group: int,
        decay: float,
        entropy: float,
    ) -> None:
        super().__init__(space, objectives, seed)
        if group < 1 or rate <= 0 or not 0 <= decay < 1:
            raise InputError(
                f"A policy needs group of at least 1, a positive rate and a decay below 1, got {group}, {rate} and "
                f"{decay}; correct them."
            )
        self.shape, self.rate, self.group, self.decay, self.entropy = shape, rate, group, decay, entropy
        self._place: dict[bytes, int] = {}  # of each architecture in the order told, failed ones included
        self._learner = self._beginner()
        self._learnt = b""  # from which rows

    @property
    def batch(self) -> int:
        """See `Strategy.batch`."""
        return self.group

    def _learn(self, learner: Learner, genomes: IntArray, wanted: FloatArray, rewards: FloatArray) -> None:
        """Change the policy by one group: genomes ``(n, g)``, weights asked for ``(n, m)``, rewards ``(n,)``.

        Here by ``E[(R - b) grad log pi]``, and the entropy's gradient.
        """
        weights = learner.advantage(rewards, self.decay) / len(rewards)
        learner.climb(learner.controller.gradient(genomes, wanted, weights, self.entropy / len(rewards)))

    def tell(self, results: Sequence[Result]) -> None:
        """See `Strategy.tell`."""
        for result in results:
            self._place.setdefault(self.space.encode(result.trial.architecture).tobytes(), len(self._place))
        super().tell(results)

    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        controller = self._trained(self.history).controller
        start = len(self._known)
        wanted = np.stack([self._wanted(start + i) for i in range(n)])
        drawn = controller.sample(np.repeat(wanted, _TRIES, axis=0), rng)
        beside = one_changed(self.space, drawn, rng)
        chosen: dict[bytes, IntArray] = {}
        for i in range(0, len(drawn), _TRIES):
            for genome in (*drawn[i : i + _TRIES], *beside[i : i + _TRIES]):
                if (name := genome.tobytes()) not in self._known and name not in chosen:
                    chosen[name] = genome
                    break
        return np.array(list(chosen.values()), dtype=np.int64).reshape(-1, len(self.space.choices))

    def _trained(self, history: History) -> Learner:
        groups = len(history) // self.group
        end = groups * self.group
        places = np.array([self._place[row.tobytes()] for row in history.genomes[:end]], dtype=np.int64)
        rows = np.hstack([places[:, None], history.genomes[:end], history.costs[:end]])
        done = len(self._learnt) // rows[: self.group].nbytes if groups else 0
        if self._learnt != rows[: done * self.group].tobytes():
            self._learner, done = self._beginner(), 0
        for i in range(done, groups):
            part = slice(i * self.group, (i + 1) * self.group)
            wanted = np.stack([self._wanted(int(place)) for place in places[part]])
            self._learn(self._learner, history.genomes[part], wanted, _rewards(history, part, wanted))
        self._learnt = rows.tobytes()
        return self._learner

    def _wanted(self, place: int) -> FloatArray:
        return random_weights(len(self.objectives), np.random.default_rng([self.seed, place, 1]))

    def _beginner(self) -> Learner:
        rng = np.random.default_rng([self.seed, 0, 2])
        return Learner(Controller(self.space, len(self.objectives), self.shape, rng), Adam(self.rate))


def _rewards(history: History, part: slice, wanted: FloatArray) -> FloatArray:
    """Of some rows, given their weights ``(n, m)``; scaled by all rows up to these, so later ones change nothing."""
    costs = history.costs[: part.stop]
    span = np.ptp(costs, axis=0)
    scaled = (costs - costs.min(axis=0)) / np.where(span > 0, span, 1.0)
    of_all = chebyshev(scaled, history.violations[: part.stop], np.full(costs.shape[1], 1 / costs.shape[1]))
    return -chebyshev(scaled[part], history.violations[part], wanted) / (float(of_all.std()) or 1.0)
