"""Inherited accuracy of sub-networks: batch-norm statistics of their own, then the images set apart for search.

Which images a sub-network classifies right is kept, not only how many: so nothing is judged twice, and two
sub-networks can be compared image by image.
"""

import time
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from torch import nn

from hwnas.archive import Archive
from hwnas.archive.provenance import digest, versions
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import BoolArray
from hwnas.contracts.task import Examples, Task
from hwnas.export.scoring import classes
from hwnas.supernet import Supernet
from hwnas.training._finish import calibrated

CALIBRATION_EXAMPLES = 500  # another draw of them moves an accuracy by 0.0007, as much as another draw of 1,000


class Judge:
    """Measures accuracies on the `search` split; the `report` split never comes here.

    Args:
        archive: of the run, which is of this supernet; keeps the answers, which hold for any device.
    """

    def __init__(self, supernet: Supernet, task: Task, archive: Archive) -> None:
        self.supernet, self.archive = supernet, archive
        self.calibration: Examples = task.examples("train").take(slice(0, CALIBRATION_EXAMPLES))
        self.examples = task.examples("search")

    def network(self, architecture: Architecture) -> nn.Module:
        """The sub-network as it would be handed out."""
        return calibrated(self.supernet, architecture, self.calibration)

    def accuracies(self, architectures: Sequence[Architecture]) -> Iterator[float]:
        """One share of right answers per architecture, as it is known."""
        for architecture in architectures:
            found = self.known(architecture)
            yield float((self._measure(architecture) if found is None else found).mean())

    def seconds(self, architecture: Architecture) -> float:
        """What judging a sub-network took; judges it if that was not done."""
        if self.known(architecture) is None:
            self._measure(architecture)
        return float(str((self.archive.document(self._name(architecture)) or {})["seconds"]))

    def _measure(self, architecture: Architecture) -> BoolArray:
        began = time.perf_counter()
        found = self.right(self.network(architecture), self.examples)
        bits = np.packbits(found).tobytes().hex()
        kept = {"images": len(found), "right": bits, "seconds": time.perf_counter() - began}
        self.archive.put_document(self._name(architecture), kept)
        return found

    def known(self, architecture: Architecture) -> BoolArray | None:
        """Which search images ``(k,)`` a sub-network classifies right, if that was measured."""
        kept = self.archive.document(self._name(architecture))
        if kept is None:
            return None
        bits = np.frombuffer(bytes.fromhex(str(kept["right"])), np.uint8)
        return np.unpackbits(bits, count=int(str(kept["images"]))).astype(np.bool_)

    def right(self, network: nn.Module, examples: Examples) -> BoolArray:
        """Which of `examples` ``(k,)`` `network` classifies right."""
        return np.asarray(classes(network, self.supernet.space.inputs, examples.inputs) == examples.labels)

    @cached_property
    def identity(self) -> str:
        """Twelve hexadecimal digits of the code and the images that calibrate: what any judgement here depends on."""
        return digest(versions(), *self.calibration.inputs, self.calibration.labels)

    @cached_property
    def _searched(self) -> str:
        return digest(self.identity, *self.examples.inputs, self.examples.labels)

    def _name(self, architecture: Architecture) -> str:
        return f"right {self._searched} {architecture.key}"
