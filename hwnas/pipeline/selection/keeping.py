"""Which sub-networks keep a budget, by their files, timed in turns with the original."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.temporary import temporary_folder
from hwnas.pipeline.delivery.front import Front
from hwnas.pipeline.latencies.source import LatencySource
from hwnas.pipeline.tables.time_architectures import Progress, write_all
from hwnas.profiling.estimate import BETWEEN_SESSIONS, Z95, other_session

_ERROR = sqrt(2) * BETWEEN_SESSIONS  # of a speedup: two are timed, and either errs
LIKELY, WITH_ROOM = exp(-_ERROR), exp(-Z95 * _ERROR)  # of a limit: what takes no more keeps it the next time, too


@dataclass(frozen=True)
class Keeping:
    """A front's limit on the latency, and what it is compared with.

    Args:
        space: of the sub-networks; its largest one is the original.
        latencies: times files.
        front: says the limit, and what files are timed beside.
        progress: told of every step.
    """

    space: SearchSpace
    latencies: LatencySource
    front: Front
    progress: Progress

    def __call__(self, architectures: Sequence[Architecture]) -> dict[Architecture, float]:
        """Those that keep it, in their order, with the share of the limit that each takes; all do where there is none,
        and take nothing of it.

        Of those just within a limit that is a speedup, the next timing finds about half beyond it, of those that take
        `LIKELY` of it one in six, and of those that take `WITH_ROOM` of it one in 40.

        Raises:
            DeviceError: the device fails, or is too busy for usable figures.
        """
        if not architectures:
            return {}
        *high_ms, original_ms = self._at_slowest_ms([*architectures, self.space.largest])
        limit_ms = self.front.search.limits.beside(original_ms).latency_ms
        shares = [0.0 if limit_ms is None else ms / limit_ms for ms in high_ms]
        return {a: share for a, share in zip(architectures, shares, strict=True) if share <= 1}

    def _at_slowest_ms(self, architectures: Sequence[Architecture]) -> list[float]:
        """What limits are compared with, on the scale of the front."""
        with temporary_folder() as folder:
            paths = write_all(self.space, architectures, folder, self.progress)
            timed = self.latencies.finalists(architectures, paths, self.front.timed_beside, ())
        return [timed.level.at_slowest_ms(other_session(latency).high_ms) for latency in timed.latencies]
