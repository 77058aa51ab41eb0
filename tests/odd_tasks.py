"""The tiny task with something done to its examples, as people's data has it."""

from collections.abc import Callable

import numpy as np

from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import Examples, Split
from hwnas.testing._tiny_task import TinyTask

SPEC = InputSpec("x", (2, 6, 6))
Change = Callable[[Examples], Examples]


class Changed(TinyTask):
    """The tiny task with something done to its examples."""

    def __init__(self, change: Change = lambda e: e, spec: InputSpec = SPEC) -> None:
        super().__init__(spec, n=40)
        self.change = change

    def examples(self, split: Split) -> Examples:
        return self.change(super().examples(split))


def on_labels(change: Callable[[np.ndarray], object]) -> Change:
    return lambda e: Examples(e.inputs, change(e.labels))  # type: ignore[arg-type]


def on_input(change: Callable[[np.ndarray], object]) -> Change:
    return lambda e: Examples((change(e.inputs[0]),), e.labels)  # type: ignore[arg-type]
