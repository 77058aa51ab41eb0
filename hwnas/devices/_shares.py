"""Which execution provider did how much of a model; what a `Timing` has no field for."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from hwnas.devices._session import Share

Shares = Mapping[str, Mapping[str, float]]
"""Per execution provider its ``nodes`` (shares of all nodes, 0 to 1) and ``time`` (likewise)."""


class ShareWatcher(ABC):
    """A device that can tell what its execution provider left to others."""

    @abstractmethod
    def shares(self) -> Shares | None:
        """Of the reference model of the last measurement; None before one."""


def relative(counted: Mapping[str, Share]) -> Shares:
    """Shares of nodes and time, to four digits, from numbers of nodes and milliseconds; most time first."""
    nodes = sum(share["nodes"] for share in counted.values()) or 1
    time_ms = sum(share["time_ms"] for share in counted.values()) or 1.0
    ordered = sorted(counted.items(), key=lambda item: (-item[1]["time_ms"], item[0]))
    return {
        name: {"nodes": round(share["nodes"] / nodes, 4), "time": round(share["time_ms"] / time_ms, 4)}
        for name, share in ordered
    }
