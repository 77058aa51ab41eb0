"""Write the page to look at."""

from hwnas.cli._options import Data, RunFolder, Task
from hwnas.cli._printing import next_command, say_place


def report(run: RunFolder, task: Task = None, data: Data = None) -> None:
    """Write RUN/report.html, one self-contained page, from what was measured.

    Example: hwnas report runs/fashion
    """
    from hwnas.pipeline.delivery.front import Front
    from hwnas.pipeline.study import open_study

    front = Front.read(run / "front.json")
    page = open_study(run, str(front.device["device"]), task, data).report(front)
    say_place("Page", page.resolve())
    budget = f"{front.members[-1].latency_ms * 1.1:.3g}ms"
    next_command(("hwnas", "export", run, "--max-latency", budget, "-o", "model.onnx"), "hand out a model")
