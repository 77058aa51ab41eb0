"""What else is remembered of every shared tensor: its average over the steps, and its best value.

Both are kept like an optimizer's memory, tensor by tensor, so that splits, new orders and resets reach them as well.
"""

from collections import defaultdict
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Protocol

import torch

from hwnas.supernet import Supernet

_VALUE = "value"


class Memory(Protocol):
    """Something that remembers tensors and numbers of shared tensors, as an optimizer does."""

    @property
    def state(self) -> MutableMapping[Any, dict[str, Any]]:
        """By shared tensor, by name."""


class Values:
    """Other values of the shared tensors that are trained; those it has none of have their own."""

    def __init__(self) -> None:
        self.state: MutableMapping[Any, dict[str, Any]] = defaultdict(dict)

    def keep(self, supernet: Supernet) -> None:
        """The values of now."""
        for parameter in supernet.parameters.values():
            self.state[parameter][_VALUE] = parameter.detach().clone()

    def take(self, supernet: Supernet) -> None:
        """Give the shared tensors these values."""
        with torch.no_grad():
            for parameter in supernet.parameters.values():
                if _VALUE in self.state.get(parameter, {}):
                    parameter.copy_(self.state[parameter][_VALUE])

    @contextmanager
    def lent(self, supernet: Supernet) -> Iterator[None]:
        """Meanwhile the shared tensors have these values."""
        own = Values()
        own.keep(supernet)
        self.take(supernet)
        try:
            yield
        finally:
            own.take(supernet)


class Average(Values):
    """The exponential moving average of the shared tensors (Polyak and Juditsky, 1992).

    Args:
        most: of the average that is kept at a step; less in the first steps, lest they weigh for ever.
    """

    def __init__(self, most: float) -> None:
        super().__init__()
        self.most = most

    def follow(self, supernet: Supernet, step: int) -> None:
        """Take the values after `step` (from 0) into the average."""
        decay = min(self.most, (1 + step) / (10 + step))
        with torch.no_grad():
            for parameter in supernet.parameters.values():
                remembered = self.state[parameter]
                if _VALUE in remembered:
                    remembered[_VALUE].lerp_(parameter, 1 - decay)
                else:
                    remembered[_VALUE] = parameter.detach().clone()
