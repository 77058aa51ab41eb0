"""What energy the processors of this machine have taken, where its system tells: RAPL, by Linux's powercap tree.

A package's counter goes up by what the whole package takes, whoever makes it work, and begins anew at its range. It is
readable by the administrator only, on most systems, since it tells too much of what others compute (CVE-2020-8694).
"""

from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
PACKAGES = "intel-rapl:*[0-9]"  # so on AMD's processors, too; `intel-rapl:0:0` is a part of `intel-rapl:0`


@dataclass(frozen=True)
class Meter:
    """Counters of energy.

    Args:
        packages: the folder of each package's counter, and where it begins anew, in microjoules.
    """

    packages: tuple[tuple[Path, int], ...]

    def read(self) -> list[int]:
        """The counters now, in microjoules; raises OSError where they cannot be read any more."""
        return [_number(folder / "energy_uj") for folder, _ in self.packages]

    def millijoules(self, before: list[int], after: list[int]) -> float:
        """What was taken between two readings, less than one range apart."""
        ranges = [most for _, most in self.packages]
        return sum((b - a) % (most + 1) for a, b, most in zip(before, after, ranges, strict=True)) / 1000


def meter() -> Meter | None:
    """The meter of this machine; None where the system has none, or does not let us read it."""
    packages = []
    for folder in sorted(POWERCAP.glob(PACKAGES)):
        try:
            if folder.name.count(":") == 1 and (folder / "name").read_text().startswith("package"):
                _number(folder / "energy_uj")
                packages.append((folder, _number(folder / "max_energy_range_uj")))
        except (OSError, ValueError):
            return None
    return Meter(tuple(packages)) if packages else None


def _number(file: Path) -> int:
    return int(file.read_text())
