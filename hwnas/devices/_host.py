"""What this machine says of itself, for device cards. Unknown is said as ``unknown``, never guessed."""

import os
import platform
from pathlib import Path


def usable_cores() -> int:
    """Processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """Model name of the processor; on Arm Linux the board, since the processor has no name there."""
    for line in _text("/proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"model name", "Model", "Hardware"} and value.strip():
            return value.strip()
    return platform.processor() or platform.machine() or "unknown"


def memory_bytes() -> int:
    """Main memory, to the nearest 16 MiB, since a kernel keeps a little more or less of it at each start."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    step = 16 * 2**20
    return round(size / step) * step


def system() -> str:
    """Operating system, kernel and architecture."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"


def clock_settings() -> dict[str, str]:
    """Frequency governor and highest clock, where the system shows them."""
    folder = "/sys/devices/system/cpu/cpu0/cpufreq"
    return {
        "governor": _text(f"{folder}/scaling_governor") or "unknown",
        "max_khz": _text(f"{folder}/cpuinfo_max_freq") or "unknown",
    }


def surroundings() -> dict[str, str]:
    """Whether there is a hypervisor below or a container around, as far as the system shows it."""
    flags = next((line for line in _text("/proc/cpuinfo").splitlines() if line.startswith("flags")), "")
    container = any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))
    return {
        "virtual_machine": "yes" if " hypervisor" in flags else "not seen",
        "container": "yes" if container else "not seen",
    }


def _text(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
