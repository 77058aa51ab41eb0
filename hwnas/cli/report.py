"""Write the page to look at."""

from hwnas.cli._options import Data, Force, OwnSpace, RunFolder, Task
from hwnas.cli._printing import device_words, next_command, say_place, stored_device, told


def report(run: RunFolder, task: Task = None, data: Data = None, space: OwnSpace = None, force: Force = False) -> None:
    """Write RUN/report.html, a self-contained page of the run's results.

    Example: hwnas report runs/fashion
    """
    from hwnas.contracts.device import DeviceCard
    from hwnas.devices._recorded import RecordedDevice
    from hwnas.pipeline.delivery.front import Front
    from hwnas.pipeline.study import open_study

    front = Front.read(run / "front.json")
    remembered = RecordedDevice(run / "front.json", DeviceCard(**front.device))
    page = open_study(run, remembered, task, data, space=space).report(front, force=force)
    say_place("Page", page.resolve())
    budget = f"{front.members[-1].latency_ms * 1.1:.3g}ms"
    device = device_words(stored_device(front.device))
    own = told(space=space, task=task, data=data)
    next_command(
        ("hwnas", "export", run, *own, *device, "--max-latency", budget, "-o", "model.onnx"), "hand out a model"
    )
