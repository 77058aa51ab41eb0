"""A task small enough to train on in a test: random inputs that carry their label."""

import numpy as np

from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import SPLITS, Examples, Split, Task
from hwnas.contracts.words import one_of


class TinyTask(Task):
    """`n` examples per split for networks with one input."""

    name = "tiny"
    preprocessing = None

    def __init__(self, spec: InputSpec, *, n: int = 24, classes: int = 3) -> None:
        self.inputs = (spec,)
        self.classes = classes
        self.n = n
        self.provenance = {"data": "random"}

    def examples(self, split: Split) -> Examples:
        """Labels go round; inputs are noise around their label."""
        (spec,) = self.inputs
        one_of("the split of a task", split, SPLITS)
        rng = np.random.default_rng(SPLITS.index(split))
        labels = np.arange(self.n) % self.classes
        along = (self.n, *(1 for _ in spec.shape))
        if spec.dtype == "int64":
            noise = rng.integers(0, spec.high, (self.n, *spec.shape))
            inputs = np.where(rng.random(noise.shape) < 0.7, labels.reshape(along), noise)
        else:
            inputs = (rng.normal(size=(self.n, *spec.shape)) + labels.reshape(along)).astype(np.float32)
        return Examples((inputs,), labels.astype(np.int64))
