"""Claim: PyTorch's rounding orders networks with layers in INT8 by accuracy as their files do (Kendall's tau of 0.95).

Networks of the shipped supernet with the bits of each block drawn at random, judged twice on the 2,000 images of the
search: as the file that would be handed out, and in PyTorch, rounded at the very places where the file has integers.
Beside it: how often the most likely class is the same, and how long either takes for a network, writing it included.

Run:  python benchmarks/int8_rounding.py [--networks 24]
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from _saving import save
from scipy.stats import kendalltau

import hwnas
from hwnas.archive import Archive
from hwnas.evaluation.evaluator import Evaluator
from hwnas.export.scoring import outputs, rounded_there
from hwnas.pipeline.open import open_task

TASK, ROWS = "fashion_mnist_slice", 250


def main() -> None:
    """Judge, compare, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=24)
    count = parser.parse_args().networks
    supernet, task = hwnas.load_supernet("fashion_mnist").with_bits("block"), open_task(TASK)
    space, figures, agreed, seconds = supernet.space, [], [], []
    with tempfile.TemporaryDirectory() as folder:
        evaluator = Evaluator(supernet, task, Archive(Path(folder) / "study.db"))
        images = evaluator.examples.take(slice(None)).inputs
        labels = evaluator.examples.take(slice(None)).labels
        for genome in space.sample(count, np.random.default_rng(1)):
            architecture = space.decode(genome)
            mixed = evaluator.lowered(architecture, evaluator.network(architecture))
            began = time.perf_counter()
            by_file = np.concatenate([*outputs(mixed, space.inputs, images)]).argmax(1)
            between = time.perf_counter()
            rounded = rounded_there(mixed, space.inputs, torch.device("cpu"))
            with torch.no_grad():
                parts = [rounded(part) for part in torch.from_numpy(images[0]).split(ROWS)]
            by_rounding = torch.cat(parts).numpy().argmax(1)
            seconds.append((between - began, time.perf_counter() - between))
            figures.append(((by_file == labels).mean(), (by_rounding == labels).mean()))
            agreed.append((by_file == by_rounding).mean())
            print(f"{len(figures)} of {count}", flush=True)
    files, rounding = np.array(figures).T
    save(
        "int8_rounding",
        __doc__ or "",
        {
            "networks": count,
            "kendall_tau": round(float(kendalltau(files, rounding).statistic), 4),
            "largest_difference": round(float(np.abs(files - rounding).max()), 5),
            "accuracies_of_files": [round(float(files.min()), 5), round(float(files.max()), 5)],
            "same_class": {"on_average": round(float(np.mean(agreed)), 5), "least": round(float(min(agreed)), 5)},
            "seconds_of_a_file": round(float(np.median([s for s, _ in seconds])), 2),
            "seconds_in_pytorch": round(float(np.median([s for _, s in seconds])), 2),
        },
    )


if __name__ == "__main__":
    main()
