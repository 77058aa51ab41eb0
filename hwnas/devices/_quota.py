"""Processor time that control groups grant, as Docker's `--cpus` and limits of Kubernetes set it, in cores.

A group may use so many microseconds in every period, and then stands still until the next one. The limit of every group
above counts too. Version 1 has a hierarchy of its own for processors, version 2 one for everything; a machine may have
both, and mounts them where it likes, so the mounts are read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNTS, OWN_GROUPS = "/proc/self/mountinfo", "/proc/self/cgroup"
CONTROLLER = "cpu"


@dataclass(frozen=True)
class _Hierarchy:
    """A mounted tree of groups: `controllers` it is for (none: version 2), and the group `root` seen at `place`."""

    controllers: frozenset[str]
    root: str
    place: Path


def processor_quota() -> float | None:
    """Cores' worth of time that this process may use, the least of its groups; None where nothing limits it."""
    groups = dict(_own_groups())
    granted = []
    for tree in _hierarchies():
        group = groups.get(CONTROLLER if tree.controllers else "")
        if group is not None:
            granted += [cores for folder in _folders(tree, group) if (cores := _granted(folder)) is not None]
    return min(granted, default=None)


def _own_groups() -> Iterator[tuple[str, str]]:
    """Of every controller, and of version 2 under an empty name, the group that this process is in."""
    for line in _text(Path(OWN_GROUPS)).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        for controller in controllers.split(","):
            yield controller, group


def _hierarchies() -> Iterator[_Hierarchy]:
    for line in _text(Path(MOUNTS)).splitlines():
        before, _, after = line.partition(" - ")
        here, kind = before.split(" "), after.split(" ")
        if len(here) < 5 or len(kind) < 3:
            continue
        controllers = frozenset(kind[2].split(",")) if kind[0] == "cgroup" else frozenset[str]()
        if kind[0] == "cgroup2" or CONTROLLER in controllers:
            yield _Hierarchy(controllers, _unescaped(here[3]), Path(_unescaped(here[4])))


def _folders(tree: _Hierarchy, group: str) -> Iterator[Path]:
    """Those of a group and of all above it that can be seen, up to the mount; in a container that may be only that."""
    parts = [part for part in Path(group).parts if part not in {"/", ".."}]
    roots = [part for part in Path(tree.root).parts if part not in {"/", ".."}]
    inner = parts[len(roots) :] if parts[: len(roots)] == roots else []
    for depth in range(len(inner), -1, -1):
        yield tree.place.joinpath(*inner[:depth])


def _granted(folder: Path) -> float | None:
    """Cores that a group's own limit grants."""
    limit, _, period = _text(folder / "cpu.max").partition(" ")
    if not limit:
        limit, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
    if not (limit.isdigit() and period.isdigit() and int(period)):  # "max" and -1: no limit
        return None
    return int(limit) / int(period)


def _unescaped(word: str) -> str:
    """Mounts say spaces and the like as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), word)


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        return ""
