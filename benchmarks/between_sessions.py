"""Claim: sessions agree better by pairwise means than by medians, and better still with slow moments straightened.

The same sub-networks are timed in sessions of their own, one after the other, each with a device opened anew. From the
very same timings three figures are made per model, all as multiples of the reference's: the median over the rounds,
the median of the means of any two rounds, and the latter of quotients from which the session's slowdown is taken out
(what is used; see `hwnas.profiling.slowdown`). How far sessions are from one another, over all pairs: mean difference
of a model, the shift of all models together, and the standard deviation of one model's figure. How slow the host was
in each session stands beside, for the gain depends on it: where it is idle throughout, there is no slowdown.

Run:  python benchmarks/between_sessions.py [--samples 60] [--sessions 4] [--preset normal]
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
from _saving import save

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.device import Timing
from hwnas.devices import open_device
from hwnas.genomes.sampling import draw
from hwnas.pipeline.tables.time_architectures import write_all, write_reference
from hwnas.profiling.estimate import Scale, corrected, find_latencies, find_scale
from hwnas.profiling.presets import find_preset
from hwnas.profiling.slowdown import Slowdown
from hwnas.profiling.stopwatch import time_models
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28


def figures(timings: Sequence[Timing]) -> dict[str, FloatArray]:
    """Logarithms of the models' latencies as multiples of the reference's, ``(models,)``, by each way to make them."""
    scale = find_scale(timings)
    straight = replace(scale, slowdown=Slowdown())
    models, quotients = np.array([t.model for t in timings]), corrected(timings, straight)

    def of_latencies(used: Scale) -> FloatArray:
        return np.log([found.latency_ms / used.reference_ms for found in find_latencies(timings, used)])

    return {
        "median": np.log([np.median(quotients[models == model]) for model in np.unique(models)]),
        "pairwise_means": of_latencies(straight),
        "straightened": of_latencies(scale),
    }


def slowness(timings: Sequence[Timing]) -> dict[str, float]:
    """Of one session: the slowdown found, and the reference's time as a multiple of its baseline one."""
    scale = find_scale(timings)
    times = np.array([(t.reference_cpu_ms or t.reference_wall_ms) / scale.baseline_ms for t in timings])
    return {
        "slower_median": float(np.median(times)),
        "slower_95th_percentile": float(np.quantile(times, 0.95)),
        "slowdown_alike": scale.slowdown.alike,
        "slowdown_by_size": scale.slowdown.by_size,
    }


def apart(sessions: Sequence[FloatArray]) -> dict[str, float]:
    """How far sessions are from one another."""
    differences = [one - other for one, other in combinations(sessions, 2)]
    return {
        "mean_difference": float(np.mean(np.abs(differences))),
        "mean_shift": float(np.mean([abs(np.median(each)) for each in differences])),
        "standard_deviation": float(np.sqrt(np.var(sessions, axis=0, ddof=1).mean())),
    }


def main() -> None:
    """Time, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=60)
    parser.add_argument("--sessions", type=int, default=4)
    parser.add_argument("--preset", default="normal")
    options = parser.parse_args()
    space = mobilenetv3_grey28()
    sessions: list[list[Timing]] = []
    with tempfile.TemporaryDirectory() as folder:
        architectures = [space.decode(genome) for genome in draw(space, options.samples, 0)]
        models = write_all(space, architectures, Path(folder), lambda *_: None)
        reference = write_reference(space, space.middle, Path(folder))
        for seed in range(options.sessions):
            timings: list[Timing] = []
            time_models(
                open_device("cpu:threads=1"), models, reference, find_preset(options.preset),
                canaries=range(3), seed=seed, on_timing=timings.append,
            )  # fmt: skip
            sessions.append(timings)
    made = [figures(timings) for timings in sessions]
    save(
        "between_sessions",
        __doc__ or "",
        {
            "models": options.samples,
            "preset": options.preset,
            **{way: apart([each[way] for each in made]) for way in made[0]},
            "sessions": [slowness(timings) for timings in sessions],
        },
    )


if __name__ == "__main__":
    main()
