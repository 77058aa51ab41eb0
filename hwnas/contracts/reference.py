"""The model that others are timed beside: two sessions with the same one and the same time of it share a scale."""

from collections.abc import Mapping
from dataclasses import dataclass

from hwnas.contracts.choice import Option


@dataclass(frozen=True)
class Reference:
    """An architecture and the latency that all others are stated beside.

    Args:
        architecture: its values.
        latency_ms: what it takes at the speed that latencies are stated at.
    """

    architecture: Mapping[str, Option]
    latency_ms: float
