"""A front as a table."""

from hwnas.cli._printing import interval, kilobytes, out, percent, table
from hwnas.pipeline.front import Front


def print_front(front: Front) -> None:
    """One row per member, fastest first; `searched` is the accuracy on the images the search chose by."""
    table(
        f"Front of {front.space} on {front.device['device']} ({front.device['processor']})",
        ("sub-network", "latency, ms (95 %)", "accuracy (95 %)", "searched", "size"),
        [
            (
                m.key,
                f"{m.latency_ms:.3g} ({m.latency_ms_interval[0]:.3g}-{m.latency_ms_interval[1]:.3g})",
                interval(m.accuracy, m.accuracy_interval),
                percent(m.search_accuracy),
                kilobytes(m.size_bytes),
            )
            for m in front.members
        ],
    )
    out.print(f"The latency table is {front.verdict}")
