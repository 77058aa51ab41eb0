"""Language models without the caches of a conversation, which no single run uses and no graph can give out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


@contextmanager
def uncached(network: nn.Module) -> Iterator[None]:
    """Within it, no module whose configuration says `use_cache` does."""
    configurations: dict[int, Any] = {}
    for module in network.modules():
        own: Any = getattr(module, "config", None)
        if getattr(own, "use_cache", False) is True:
            configurations[id(own)] = own
    for configuration in configurations.values():
        configuration.use_cache = False
    try:
        yield
    finally:
        for configuration in configurations.values():
            configuration.use_cache = True
