"""Co-kriging: a Gaussian process on few true figures that leans on one on many cheap hints (Kennedy and O'Hagan 2000).

``true = rho * hint + difference``, the hint and the difference each a Gaussian process of their own. Fitted in two
steps: the hints first, then the difference for each rho of a grid; the rho with the largest evidence wins. Both sorts
of figures are standardised, so rho is between no use (0) and the same order (1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.surrogates.base.seams import Fit, Predict
from hwnas.surrogates.regressors.gaussian_process import Distances, GaussianProcess, gaussian_process

_RHOS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class CoKriging:
    """A fitted pair: a `Predict`.

    Args:
        hint: of the standardised hints.
        difference: of the standardised true figures and `rho` times the hints.
        rho: how much a hint counts.
        level: mean of the true figures.
        scale: their standard deviation.
    """

    hint: GaussianProcess
    difference: GaussianProcess
    rho: float
    level: float
    scale: float

    def __call__(self, genomes: IntArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true figure, each ``(c,)``."""
        hint, doubt = self.hint(genomes)
        difference, spread = self.difference(genomes)
        return (
            self.level + self.scale * (self.rho * hint + difference),
            self.scale * np.sqrt((self.rho * doubt) ** 2 + spread**2),
        )


def cokriging(distances: Distances, hinted: IntArray, hints: Mapping[str, FloatArray], *, steps: int = 25) -> Fit:
    """A `Fit` that knows hints ``(h,)`` of each objective by name, of genomes ``(h, g)``."""
    process = gaussian_process(distances, steps=steps)

    def fit(genomes: IntArray, figures: FloatArray, objective: Objective) -> Predict:
        if len(hinted) < 2:
            return process(genomes, figures, objective)
        cheap, true = _standardised(hints[objective.name]), _standardised(figures)
        hint = process(hinted, cheap, objective)
        assert isinstance(hint, GaussianProcess)  # noqa: S101  ours
        at = hint(genomes)[0]
        fits = [process(genomes, true - rho * at, objective) for rho in _RHOS]
        best = int(np.argmax([f.evidence for f in fits if isinstance(f, GaussianProcess)]))
        chosen = fits[best]
        assert isinstance(chosen, GaussianProcess)  # noqa: S101  ours
        return CoKriging(hint, chosen, _RHOS[best], float(figures.mean()), float(figures.std()) or 1.0)

    return fit


def _standardised(figures: FloatArray) -> FloatArray:
    return np.asarray((figures - figures.mean()) / (figures.std() or 1.0))
