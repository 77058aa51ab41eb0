"""When a timing that breaks a budget is not to be believed."""

from pathlib import Path

from hwnas.contracts.errors import DeviceError
from hwnas.profiling.stopwatch import Profile

BUSY_FACTOR = 2.0  # an unusable timing may be so many times too long; what keeps its budget even so does keep it


def refuse_the_machine(profile: Profile, path: Path, budget_ms: float) -> None:
    """Asked once the first model, that at `path`, was found to be over a budget.

    Raises:
        DeviceError: the machine was so busy that the model may keep the budget after all.
    """
    if profile.verdict.state == "unusable" and profile.latencies[0].low_ms <= BUSY_FACTOR * budget_ms:
        raise DeviceError(f"{path} seems too slow, but that may be the machine's doing: {profile.verdict.advice}")
