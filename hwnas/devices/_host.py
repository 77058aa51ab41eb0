"""What this machine says of itself, for device cards. Unknown is said as ``unknown``, never guessed."""

import os
import platform
from pathlib import Path

from hwnas.devices._quota import processor_quota

CPUS = "/sys/devices/system/cpu"
CPUINFO = "/proc/cpuinfo"
WIDE = {  # instructions that matrix products gain from
    "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16",
    "asimd", "asimddp", "asimdhp", "i8mm", "bf16", "sve", "sve2", "sme",
}  # fmt: skip


def usable_cores() -> int:
    """Processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """Model name of the processor; on Arm Linux the board, since the processor has no name there."""
    for name in ("model name", "Model", "Hardware"):
        if model_name := _cpuinfo(name):
            return model_name
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


def machine() -> dict[str, str]:
    """Everything else about this machine that changes latencies and does not change by itself."""
    return {**_clocks(), **_processor_details(), **_surroundings(), **_core_kinds(), **_quota()}


def _clocks() -> dict[str, str]:
    """Frequency governor, nominal and highest clock, and whether the processor may go beyond its nominal one."""
    folder = f"{CPUS}/cpu0/cpufreq"
    no_turbo, boost = _text(f"{CPUS}/intel_pstate/no_turbo"), _text(f"{CPUS}/cpufreq/boost")
    return {
        "governor": _text(f"{folder}/scaling_governor") or "unknown",
        "nominal_khz": _text(f"{folder}/base_frequency") or "unknown",
        "max_khz": _text(f"{folder}/cpuinfo_max_freq") or "unknown",
        "turbo": {"0": "on", "1": "off"}.get(no_turbo) or {"1": "on", "0": "off"}.get(boost) or "unknown",
    }


def _processor_details() -> dict[str, str]:
    """Which chip exactly, whether its cores run two threads each, sizes of the caches, and wide instructions."""
    chip = [_cpuinfo(name) for name in ("cpu family", "model", "stepping")]
    caches = {}
    for folder in sorted(Path(f"{CPUS}/cpu0/cache").glob("index*")):
        if _text(f"{folder}/type") != "Instruction":
            caches[f"cache_l{_text(f'{folder}/level')}"] = _text(f"{folder}/size")
    flags = set(_cpuinfo("flags").split() or _cpuinfo("Features").split())
    return {
        "chip": " ".join(chip) if all(chip) else "unknown",
        "smt": {"1": "on", "0": "off"}.get(_text(f"{CPUS}/smt/active"), "unknown"),
        **(caches or {"caches": "unknown"}),
        "instructions": " ".join(sorted(flags & WIDE)) or "unknown",
    }


def _surroundings() -> dict[str, str]:
    """Whether there is a hypervisor below or a container around, as far as the system shows it."""
    container = any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))
    return {
        "virtual_machine": "yes" if "hypervisor" in _cpuinfo("flags").split() else "not seen",
        "container": "yes" if container else "not seen",
    }


def _core_kinds() -> dict[str, str]:
    """On Arm Linux, implementer and part number of every kind of core; nothing elsewhere."""
    implementer, kinds = "", set[str]()
    for line in _text(CPUINFO).splitlines():
        name, _, value = (part.strip() for part in line.partition(":"))
        if name == "CPU implementer":
            implementer = value
        elif name == "CPU part":
            kinds.add(f"{implementer}/{value}")
    return {"core_kinds": " ".join(sorted(kinds))} if kinds else {}


def _quota() -> dict[str, str]:
    """Cores' worth of time that control groups grant, where that is less than there are cores."""
    granted = processor_quota()
    return {"cpu_quota": f"{granted:g}"} if granted is not None and granted < usable_cores() else {}


def _cpuinfo(name: str) -> str:
    """A line of /proc/cpuinfo, of the first processor; empty without one."""
    for line in _text(CPUINFO).splitlines():
        field, _, value = line.partition(":")
        if field.strip() == name:
            return value.strip()
    return ""


def _text(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
