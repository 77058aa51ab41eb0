"""Show what a search found."""

from hwnas.cli._front_table import print_front
from hwnas.cli._options import RunFolder
from hwnas.cli._printing import next_command


def show(run: RunFolder) -> None:
    """Show the validated front of a run as a table.

    Example: hwnas show runs/fashion
    """
    from hwnas.pipeline.delivery.front import Front

    print_front(Front.read(run / "front.json"))
    next_command(("hwnas", "report", run), "write the page to look at")
