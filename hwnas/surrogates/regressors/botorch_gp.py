"""qNEHVI as BoTorch has it: its Gaussian processes and its qLogNEHVI (Ament et al. 2023, arXiv:2310.20708).

Needs the extra ``hwnas[botorch]``. Chosen is from a pool, as in our own form. Inputs are one-hot genes; an exact
objective is learnt like the others, since BoTorch draws all of them from one model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.surrogates.base.per_objective import violations
from hwnas.surrogates.base.seams import Guess, History, Model
from hwnas.surrogates.pickers.predicted_gain import extent


def needed() -> Any:  # noqa: ANN401
    """The library.

    Raises:
        InputError: it is not installed.
    """
    try:
        import botorch
    except ImportError as error:
        raise InputError(
            "The form 'botorch' of qnehvi needs BoTorch, which is not installed; pip install 'hwnas[botorch]', "
            "or use the form 'own'."
        ) from error
    return botorch


class BotorchModel:
    """A `Model`: one `SingleTaskGP` per objective, fitted by its marginal likelihood.

    Args:
        history: what it learns from.
    """

    def __init__(self, history: History) -> None:
        import torch
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import ModelListGP, SingleTaskGP
        from botorch.models.transforms import Standardize
        from gpytorch.mlls import SumMarginalLogLikelihood

        self.history = history
        self.known = self.rows(history.genomes)
        values = torch.tensor(-history.costs, dtype=torch.float64)  # BoTorch maximises
        self.models = ModelListGP(
            *(
                SingleTaskGP(self.known, values[:, [i]], outcome_transform=Standardize(1))
                for i in range(values.shape[1])
            )
        )
        fit_gpytorch_mll(SumMarginalLogLikelihood(self.models.likelihood, self.models))

    def rows(self, genomes: IntArray) -> Any:  # noqa: ANN401
        """One-hot genes as a tensor."""
        import torch

        return torch.tensor(self.history.space.one_hot(genomes), dtype=torch.float64)

    def __call__(self, genomes: IntArray) -> Guess:
        """See `Model`."""
        posterior = self.models.posterior(self.rows(genomes))
        mean, variance = -posterior.mean.detach().numpy(), posterior.variance.detach().numpy()
        return Guess(mean, np.sqrt(variance), violations(mean * self.history.signs, self.history.objectives))

    def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
        """See `Model`; joint over the candidates."""
        import torch

        with torch.random.fork_rng():
            torch.manual_seed(int(rng.integers(2**31)))
            drawn = self.models.posterior(self.rows(genomes)).rsample(torch.Size([k]))
        return np.asarray(-drawn.detach().numpy(), dtype=np.float64)


def botorch_scorer(history: History, rng: np.random.Generator) -> BotorchModel:  # noqa: ARG001
    """A `Scorer`."""
    needed()
    return BotorchModel(history)


@dataclass(frozen=True)
class LogNoisyHypervolume:
    """A `Picker`: qLogNEHVI, one of the batch after the other.

    Args:
        draws: functions the expectation is taken over, quasi-random.
        margin: of the front's extent, by which the reference point lies beyond its nadir.
    """

    draws: int = 64
    margin: float = 0.1

    def __call__(self, history: History, pool: IntArray, model: Model, n: int, rng: np.random.Generator) -> list[int]:
        """See `Picker`."""
        assert isinstance(model, BotorchModel)  # noqa: S101  the strategy joins the two
        import torch
        from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
        from botorch.optim import optimize_acqf_discrete
        from botorch.sampling import SobolQMCNormalSampler

        low, span = extent(history)
        limits = [
            (lambda y, i=i, worst=o.sign * o.limit: -y[..., i] - worst)  # at most 0 when kept
            for i, o in enumerate(history.objectives)
            if o.limit is not None
        ]
        gain = qLogNoisyExpectedHypervolumeImprovement(
            model.models,
            (-low - (1 + self.margin) * span).tolist(),
            model.known,
            sampler=SobolQMCNormalSampler(torch.Size([self.draws]), seed=int(rng.integers(2**31))),
            prune_baseline=True,
            constraints=limits or None,
        )
        rows = model.rows(pool)
        places = {row.numpy().tobytes(): i for i, row in enumerate(rows)}
        with torch.random.fork_rng():
            torch.manual_seed(int(rng.integers(2**31)))
            chosen, _ = optimize_acqf_discrete(gain, min(n, len(pool)), rows, max_batch_size=256)
        return [places[row.numpy().tobytes()] for row in chosen.reshape(-1, rows.shape[1])]
