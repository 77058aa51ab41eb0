"""What `bits` searches: supernets, what their sub-networks are for, and how much of it is affordable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from _elastic_subject import elastic_subject

import hwnas
from hwnas.contracts.task import Split, Task
from hwnas.pipeline.open import open_task


@dataclass(frozen=True)
class Network:
    """Args:

    opened: the supernet and its task, of a folder for what is made.
    most: examples of each split, at most: to calibrate with, to search by, to report on.
    samples: sub-networks that are timed for the latency table.
    seeds: of the searches.
    evaluations: of each way and seed.
    """

    opened: Callable[[Path], tuple[hwnas.Supernet, Task]]
    most: Mapping[Split, int]
    samples: int
    seeds: int
    evaluations: int


def _shipped(_: Path) -> tuple[hwnas.Supernet, Task]:
    return hwnas.load_supernet("fashion_mnist"), open_task("fashion_mnist_slice")


NETWORKS = {
    "shipped": Network(_shipped, {"search": 1000, "report": 2500}, 80, 5, 32),
    "vit": Network(partial(elastic_subject, name="vit"), {"train": 500, "search": 500, "report": 2000}, 40, 5, 16),
    "minilm": Network(partial(elastic_subject, name="minilm"), {"train": 128, "search": 200, "report": 600}, 30, 3, 16),
    "efficientnet_lite0": Network(
        partial(elastic_subject, name="efficientnet_lite0"), {"train": 200, "search": 200, "report": 600}, 30, 3, 16
    ),
}
