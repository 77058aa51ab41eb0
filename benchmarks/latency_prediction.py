"""Claim: from 100 timings, latency is predicted with a mean error of at most 1.5 % on a quiet machine.

200 sub-networks of the shipped space are timed in one session; a predictor learns from 100 of them and is judged on the
other 100, which it never saw: mean and 95th percentile of the relative error, Kendall's tau, coverage of its 95 %
intervals. Its honesty card, made from its own 100 rows alone, stands beside: does it tell the truth about itself?

Run:  python benchmarks/latency_prediction.py [--preset normal]
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from _saving import save
from scipy.stats import kendalltau

from hwnas.archive import Archive
from hwnas.devices import open_device
from hwnas.pipeline._measuring import profile_space
from hwnas.pipeline._predicting import GenomePredictor
from hwnas.profiling.presets import find_preset
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28

LEARN, JUDGE = 100, 100


def main() -> None:
    """Time, learn, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="normal")
    options = parser.parse_args()
    space = mobilenetv3_grey28()
    with tempfile.TemporaryDirectory() as folder, Archive(Path(folder) / "timings.db") as archive:
        table = profile_space(
            space, open_device("cpu:threads=1"), archive, samples=LEARN + JUDGE,
            preset=find_preset(options.preset), seed=0, progress=lambda *_: None,
        )  # fmt: skip
    genomes, latencies = table.arrays(space)
    order = np.concatenate([np.arange(3), 3 + np.random.default_rng(0).permutation(len(genomes) - 3)])
    learn, judge = order[:LEARN], order[LEARN:]
    predictor = GenomePredictor.fit(space, "latency_ms", genomes[learn], latencies[learn], relative=True, seed=0)
    guess, truth = predictor(genomes[judge]), latencies[judge]
    error = np.abs(guess.mean / truth - 1)
    save(
        "latency_prediction",
        __doc__ or "",
        {
            "preset": options.preset,
            "learnt_from": LEARN,
            "judged_on": JUDGE,
            "mean_error": float(error.mean()),
            "p95_error": float(np.quantile(error, 0.95)),
            "kendall_tau": float(kendalltau(guess.mean, truth).statistic),
            "interval_coverage": float(((guess.low <= truth) & (truth <= guess.high)).mean()),
            "honesty_card": predictor.card.to_dict(),
            "verdict": table.verdict.model_dump(),
            "met": bool(error.mean() <= 0.015),
        },
    )


if __name__ == "__main__":
    main()
