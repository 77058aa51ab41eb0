"""A front as a table."""

from hwnas.cli._printing import interval, kilobytes, milliseconds, percent, table
from hwnas.pipeline.front import Front


def print_front(front: Front) -> None:
    """One row per member, fastest first."""
    table(
        f"Front of {front.space} on {front.device['device']} ({front.device['processor']})",
        ("sub-network", "latency", "95 % interval", "predicted", "accuracy", "on search images", "size"),
        [
            (
                m.key,
                milliseconds(m.latency_ms),
                f"{m.latency_ms_interval[0]:.3g} to {milliseconds(m.latency_ms_interval[1])}",
                milliseconds(m.predicted_latency_ms),
                interval(m.accuracy, m.accuracy_interval),
                percent(m.search_accuracy),
                kilobytes(m.size_bytes),
            )
            for m in front.members
        ],
    )
