"""Handwritten digits with noise, and the noise to tell: what a diffusion model learns.

The pictures of `digits`, normalised, at times t between 0 and 1: inputs are ``cos(pi t / 2) * picture + sin(pi t / 2) *
noise`` and the time, the label is the noise, which is normal (Ho et al., "Denoising Diffusion Probabilistic Models",
NeurIPS 2020; the cosine schedule of Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models", ICML
2021, with no steps in time). Noise and times are drawn once and for all, several for each picture, so every network is
trained and judged on the same ones. The figure is the mean squared error: 1 is that of an answer of zeros.
"""

import numpy as np

from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import SPLITS, Split
from hwnas.tasks._given_tasks import GoalTask
from hwnas.tasks._goals import GOALS
from hwnas.tasks._source import Held
from hwnas.tasks.digits import digits

DRAWS: dict[Split, int] = {"train": 20, "search": 4, "report": 4}  # of noise and time, for each picture
_INPUTS = (InputSpec("images", (1, 8, 8)), InputSpec("time", (1,)))


def noisy(pictures: np.ndarray, draws: int, seed: int) -> Held:
    """Pictures ``(n, 1, h, w)`` as examples ``(n * draws, 1, h, w)``; the times of each are spread from 0 to 1."""
    rng, n = np.random.default_rng(seed), len(pictures)
    time = (np.arange(draws)[:, None] + rng.random((draws, n))).reshape(-1, 1) / draws
    clean = np.tile(pictures, (draws, 1, 1, 1))
    noise = rng.normal(size=clean.shape)
    angle = (np.pi / 2 * time)[..., None, None]
    images = np.cos(angle) * clean + np.sin(angle) * noise
    inputs = {"images": images.astype(np.float32), "time": time.astype(np.float32)}
    return Held(inputs, noise.astype(np.float32))


def noisy_digits() -> GoalTask:
    """The task, as it is found by name."""
    task = digits()
    splits = {split: noisy(task.examples(split).inputs[0], DRAWS[split], seed) for seed, split in enumerate(SPLITS)}
    provenance = {**task.provenance, "draws of noise and time": str(DRAWS)}
    return GoalTask(GOALS["mean_squared_error"], "noisy_digits", splits, _INPUTS, None, None, None, provenance)
