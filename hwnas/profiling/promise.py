"""When a timing that breaks a promise is not to be believed."""

from pathlib import Path

from hwnas.contracts.errors import DeviceError
from hwnas.profiling.stopwatch import Profile

BUSY_FACTOR = 2.0  # an unusable timing may be so many times too long; what is further beyond a promise does break it


def refuse_the_machine(profile: Profile, path: Path, times_over: float) -> None:
    """Asked once the first model, that at `path`, was found to take `times_over` as long as promised, or longer.

    Raises:
        DeviceError: the machine was so busy that the model may keep the promise after all.
    """
    if profile.verdict.state == "unusable" and times_over <= BUSY_FACTOR:
        raise DeviceError(f"{path} seems too slow, but that may be the machine's doing: {profile.verdict.advice}")


def refuse_untold(profile: Profile, path: Path, times_over: float) -> None:
    """Asked once the model at `path` was found to keep its promise, and to take `times_over` as long as promised, which
    is less than once.

    Raises:
        DeviceError: the machine was so busy that the model may break it after all.
    """
    if profile.verdict.state == "unusable" and times_over * BUSY_FACTOR > 1:
        raise DeviceError(f"Whether {path} keeps its promise cannot be told: {profile.verdict.advice}")
