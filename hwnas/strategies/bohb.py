"""BOHB (Falkner et al. 2018, arXiv:1807.01774): Hyperband whose new architectures come from a model.

The model is a pair of densities over the genes: one of the good answers, one of the others, both on the highest rung
that has enough of them. Candidates are drawn from a widened density of the good ones, and the one most likely good
rather than not is taken. One in three is drawn at random, so that Hyperband's guarantee stays.

Settings are those of its authors' code (HpBandSter): at least ``g + 1`` good and ``g + 1`` other answers for `g` genes,
15 % good, 64 candidates, bandwidth times 3. Genes are categorical, with the kernel of Aitchison and Aitken. With
several objectives "good" is as in `ranking.best_first`.
"""

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.genomes.listing import genomes_of
from hwnas.strategies.hyperband import Hyperband

RANDOM_SHARE = 1 / 3
GOOD_SHARE = 0.15
CANDIDATES = 64
WIDENING = 3.0
_NARROWEST = 1e-3


class Bohb(Hyperband):
    """Hyperband with a tree-structured Parzen estimator; arguments as there."""

    def _draw(self, n: int, rng: np.random.Generator) -> IntArray:
        densities = self._densities()
        if densities is None or rng.random() < RANDOM_SHARE:
            return self.space.sample(n, rng)
        good, bad = densities
        drawn = self.space.canonical(good.widened(CANDIDATES, rng))
        score = good.log_density(drawn) - bad.log_density(drawn)
        return drawn[np.argsort(-score, kind="stable")]

    def _densities(self) -> "tuple[Density, Density] | None":
        least = len(self.space.choices) + 1
        for rung in range(self.top, -1, -1):
            best = self.best(rung)
            if len(best) >= 2 * least:
                genomes = genomes_of(best, self.space)
                good = max(least, int(GOOD_SHARE * len(best)))
                bad = max(least, int((1 - GOOD_SHARE) * len(best)))
                return Density(genomes[:good], self.space.sizes), Density(genomes[good : good + bad], self.space.sizes)
        return None


class Density:
    """A product kernel density over categorical genes.

    Args:
        genomes: where the kernels stand, ``(n, g)``.
        sizes: options per gene, ``(g,)``.
    """

    def __init__(self, genomes: IntArray, sizes: IntArray) -> None:
        self.genomes, self.sizes = genomes, sizes
        n, g = genomes.shape
        rule = 1.06 * genomes.std(axis=0) * n ** (-1 / (4 + g))  # the normal reference rule
        self.bandwidth: FloatArray = np.clip(rule, _NARROWEST, (sizes - 1) / np.maximum(sizes, 1) + _NARROWEST)

    def log_density(self, genomes: IntArray) -> FloatArray:
        """``(c, g) -> (c,)``; a kernel keeps 1 - bandwidth, and shares the rest among the other options."""
        same, other = 1 - self.bandwidth, self.bandwidth / np.maximum(self.sizes - 1, 1)
        equal = genomes[:, None, :] == self.genomes[None]
        logs = np.where(equal, np.log(np.maximum(same, 1e-300)), np.log(other)).sum(axis=2)
        peak = logs.max(axis=1)
        return np.asarray(peak + np.log(np.exp(logs - peak[:, None]).mean(axis=1)))

    def widened(self, n: int, rng: np.random.Generator) -> IntArray:
        """Draws ``(n, g)`` around random kernels, each gene kept with 1 - 3 bandwidths, else uniform."""
        centres = self.genomes[rng.integers(len(self.genomes), size=n)]
        unchanged = rng.random(centres.shape) < 1 - np.minimum(1.0, WIDENING * self.bandwidth)
        return np.where(unchanged, centres, rng.integers(0, self.sizes, size=centres.shape))


bohb = Bohb
