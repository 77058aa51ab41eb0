"""Show what a search found."""

from hwnas.cli._front_table import print_front, say_notes
from hwnas.cli._options import RunFolder
from hwnas.cli._printing import next_command, say, stored_device
from hwnas.contracts.errors import quoted


def show(run: RunFolder) -> None:
    """Show the validated front of a run as a table.

    Example: hwnas show runs/fashion
    """
    from hwnas.pipeline.delivery.front import Front
    from hwnas.pipeline.open import own_options
    from hwnas.spaces._elastic import ELASTIC

    front = Front.read(run / "front.json")
    print_front(front)
    say_notes(front)
    options = own_options(run, front.space, front.task)
    space = "network" if front.space == ELASTIC else f"space {quoted(front.space)}"
    named = {"--space": space, "--task": f"task {quoted(front.task)}"}
    own = [said for option, said in named.items() if option in options]
    if not own:
        next_command(("hwnas", "report", run), "write the page to look at")
        return
    say(
        f"The run is of the {' and the '.join(own)}, which commands must be told: report, export and promise take "
        f"{' '.join(options)} (in Python: Study(...).front().pick(...).export(...))."
    )
    middle = front.members[len(front.members) // 2]
    device, budget = stored_device(front.device), f"{middle.limited_ms * 1.05:.3g}ms"
    check = ("hwnas", "check", run / middle.file, "--device", device, "--max-latency", budget)
    next_command(check, "time one of its models again")
