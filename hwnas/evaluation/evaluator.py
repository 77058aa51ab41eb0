"""The inherited figure of sub-networks: batch-norm statistics of their own, then the examples set apart for search.

The score of every example is kept, not only their mean: so nothing is evaluated twice, and two sub-networks can be
compared example by example.
"""

import math
import time
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from torch import nn

from hwnas.archive import Archive
from hwnas.archive.provenance import digest, plain_values, rule_digest, versions
from hwnas.archive.records import ScoredRecord
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.task import Examples, Task
from hwnas.evaluation.accelerator import CPU
from hwnas.evaluation.calibration import calibrated, drawn
from hwnas.evaluation.examples import examples_of
from hwnas.evaluation.figure import figure_of
from hwnas.evaluation.scores import scores_of_network
from hwnas.export.network_code import networks_digest
from hwnas.supernet import Supernet

RANGE_EXAMPLES = 128  # of the calibration's, that ranges of activations in INT8 are found on


class Evaluator:
    """Measures the figure of a task on its `search` split; the `report` split never comes here.

    Args:
        archive: of the run, which is of this supernet; keeps the answers, which hold for any device.
        weights: names the tensors where sub-networks have others than the run's supernet.

    Raises:
        InputError: the data is missing, or not what the task says of it.
    """

    def __init__(self, supernet: Supernet, task: Task, archive: Archive, weights: str = "") -> None:
        self.weights = weights
        self.supernet, self.task, self.archive = supernet, task, archive
        self.calibration: Examples = drawn(examples_of(task, "train"))
        self.examples = examples_of(task, "search")

    def network(self, architecture: Architecture) -> nn.Module:
        """The sub-network as it would be handed out, on the processor; statistics come from where the supernet is."""
        return calibrated(self.supernet, architecture, self.calibration).cpu()

    def lowered(self, architecture: Architecture, network: nn.Module) -> nn.Module:
        """What is written to a file for a sub-network, its ranges found on training examples."""
        examples = self.calibration.take(slice(0, RANGE_EXAMPLES)).inputs
        return self.supernet.space.lower(architecture, network, examples)

    def figures(self, architectures: Sequence[Architecture]) -> Iterator[float]:
        """The task's figure of each architecture, as it is known.

        Raises:
            InputError: an output or a score is not a finite number.
        """
        for architecture in architectures:
            yield figure_of(self.task, self.scores(architecture))

    def scores(self, architecture: Architecture) -> FloatArray:
        """Scores of a sub-network on every example of the search, ``(n,)`` or ``(n, k)``; measured if they were not.

        Raises:
            InputError: as above.
        """
        stored = self.measured(architecture)
        return self._measure(architecture) if stored is None else stored

    def seconds(self, architecture: Architecture) -> float:
        """What evaluating a sub-network took; done if it was not."""
        self.scores(architecture)
        record = self.archive.record(ScoredRecord, self._name(architecture))
        assert record is not None  # noqa: S101  scored above
        return record.seconds

    def measured(self, architecture: Architecture) -> FloatArray | None:
        """The same, if they were measured."""
        record = self.archive.record(ScoredRecord, self._name(architecture))
        if record is None:
            return None
        stored = bytes.fromhex(record.scores)
        shape = (record.examples, record.each) if record.each else (record.examples,)
        if record.packed_as == "bits":
            scores = np.unpackbits(np.frombuffer(stored, np.uint8), count=math.prod(shape))
        else:
            scores = np.frombuffer(stored, "<f4")
        return scores.reshape(shape).astype(np.float64)

    def _measure(self, architecture: Architecture) -> FloatArray:
        began = time.perf_counter()
        space = self.supernet.space
        network = self.lowered(architecture, self.network(architecture)).to(self.supernet.device)
        scores = scores_of_network(self.task, network, space.inputs, self.examples)
        bits = bool(np.isin(scores, (0.0, 1.0)).all())
        packed = np.packbits(scores.astype(np.bool_)) if bits else scores.astype("<f4")
        record = ScoredRecord(
            examples=len(scores), each=0 if scores.ndim == 1 else scores.shape[1],
            packed_as="bits" if bits else "float32", scores=packed.tobytes().hex(),
            seconds=time.perf_counter() - began,
        )  # fmt: skip
        self.archive.put(self._name(architecture), record)
        return scores

    @cached_property
    def identity(self) -> str:
        """Twelve hexadecimal digits of the code, the networks, the rule and the examples that calibrate: what every
        figure here depends on.
        """
        rules = " ".join(map(rule_digest, self.task.rules))
        networks = networks_digest(self.supernet.space)
        told = f"{versions()} {networks} {self.task.figure.name} {rules} {plain_values(self.task)}"
        return digest(told, *self.calibration.told_by())

    @cached_property
    def searched(self) -> str:
        """The same, and of the examples that are evaluated: what a figure of the search depends on."""
        kind = self.supernet.device.type  # accelerators round otherwise
        told = self.identity if kind == CPU else f"{self.identity} {kind}"
        return digest(told, *self.examples.told_by())

    def _name(self, architecture: Architecture) -> str:
        return f"{self.searched} {architecture.key}"
