"""CTNAS (Chen et al. 2021, arXiv:2103.05471): learn which of two is better, and train a controller to beat a baseline.

A comparator is easier to learn from few architectures than a value. It becomes the reward: the chance that what the
controller wrote beats the baseline, which is renewed by the best of what the controller writes. The architectures that
the trained controller writes are the candidates; those that the comparator puts first are measured, and both are
trained anew.

Where we differ: the comparator is ``sigmoid(g(a) - g(b))`` on one-hot genes, hence antisymmetric and without cycles,
where the released one is a graph network on both at once; the reward has its middle, one half, taken off; a hundred
large controller steps a round instead of 10,000 small ones; no pseudo-labels, which with an antisymmetric comparator
only repeat what it says; with several objectives there is one comparator each, and the controller is asked for
random weightings of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.listing import distinct
from hwnas.strategies._controllers.lstm import Controller, Shape
from hwnas.strategies.surrogate import SurrogateSearch, uniform
from hwnas.surrogates.base.seams import Guess, History, Model
from hwnas.surrogates.pickers.acquisition import BestPredicted, chebyshev
from hwnas.surrogates.pickers.predicted_gain import extent
from hwnas.surrogates.regressors.mlp import Adam, Training
from hwnas.surrogates.regressors.networks import networks

_SURENESS = 4.0  # a standard deviation of what was measured better is a chance of 98 %


def ctnas(
    space: SearchSpace,
    objectives: Sequence[Objective],
    seed: int,
    *,
    initial: int = 20,
    epochs: int = 100,
    steps: int = 100,
    renewed: int = 10,
) -> SurrogateSearch:
    """The strategy.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        initial: random architectures to begin with.
        epochs: of the comparator, before every batch.
        steps: of the controller, before every batch.
        renewed: steps between two baselines; 0: the first one stays.
    """
    return SurrogateSearch(
        space,
        objectives,
        seed,
        initial=initial,
        start=uniform,
        per_round=10,
        fit=networks(space.one_hot, Training(epochs=epochs, loss="pairs", decay=5e-4), seed),
        generator=Contest(steps, renewed),
        picker=BestPredicted(),
    )


@dataclass(frozen=True)
class Contest:
    """A `Generator`: what a controller writes while it learns to beat the baseline, the last first.

    Args:
        steps: of the controller.
        renewed: steps between two baselines; 0: the first one stays.
        samples: architectures of a step.
        rate: step size of Adam.
    """

    steps: int = 100
    renewed: int = 10
    samples: int = 20
    rate: float = 0.01

    def __call__(self, history: History, model: Model, rng: np.random.Generator) -> IntArray:
        """See `Generator`."""
        m = len(history.objectives)
        controller, optimizer = Controller(history.space, m, Shape(), rng), Adam(self.rate)
        baseline = model(history.space.sample(1, rng))
        written: list[IntArray] = []
        for step in range(self.steps):
            wanted = rng.dirichlet(np.ones(m), size=self.samples)
            genomes = controller.sample(wanted, rng)
            written.append(genomes)
            guess = model(genomes)
            own, other = (_standing(history, g, wanted) for g in (guess, baseline))
            advantage = 1 / (1 + np.exp(np.clip(_SURENESS * (own - other), -30, 30))) - 0.5
            gradients = controller.gradient(genomes, wanted, advantage / self.samples, 5e-4 / self.samples)
            optimizer.step(controller.parameters, [-g for g in gradients])
            if self.renewed and step % self.renewed == self.renewed - 1:
                best = int(np.argmin(_standing(history, guess, np.full((self.samples, m), 1 / m))))
                baseline = Guess(*(part[best : best + 1] for part in (guess.mean, guess.spread, guess.violations)))
        return distinct(np.concatenate(written[::-1]))


def _standing(history: History, guess: Guess, wanted: FloatArray) -> FloatArray:
    """One number each, less is better, in units of the spread of what was measured, ``(n,)``."""
    low, _ = extent(history)
    spread = history.costs.std(axis=0)
    return chebyshev((guess.mean - low) / np.where(spread > 0, spread, 1.0), guess.violations, wanted)
