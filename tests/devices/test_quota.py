from pathlib import Path

import pytest

from hwnas.devices import _quota

V1, V2 = "cgroup", "cgroup2"


def mounted(place: Path, kind: str, root: str = "/", controllers: str = "rw,cpu,cpuacct") -> str:
    """A line of mountinfo; spaces in the path as the kernel says them."""
    where = str(place).replace(" ", r"\040")
    return f"30 25 0:26 {root} {where} rw,nosuid shared:9 - {kind} {kind} {'rw' if kind == V2 else controllers}\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the mounts; `own` and `mounts` in it are what the system says of this process."""
    monkeypatch.setattr(_quota, "OWN_GROUPS", str(tmp_path / "own"))
    monkeypatch.setattr(_quota, "MOUNTS", str(tmp_path / "mounts"))
    return tmp_path


def limit(folder: Path, kind: str, quota: str, period: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if kind == V2:
        (folder / "cpu.max").write_text(f"{quota} {period}\n")
    else:
        (folder / "cpu.cfs_quota_us").write_text(f"{quota}\n")
        (folder / "cpu.cfs_period_us").write_text(f"{period}\n")


@pytest.mark.parametrize("kind", [V1, V2])
@pytest.mark.parametrize(
    ("limits", "cores"),
    [
        ({}, None),
        ({"a/b": None}, None),
        ({"a/b": (50000, 100000)}, 0.5),
        ({"a": (25000, 100000), "a/b": (50000, 100000)}, 0.25),
        ({"a": None, "a/b": (150000, 100000)}, 1.5),
        ({".": (75000, 100000)}, 0.75),
        ({"a/other": (10000, 100000)}, None),
    ],
)
def test_the_least_limit_of_a_group_and_those_above_it_counts(
    machine: Path, kind: str, limits: dict[str, tuple[int, int] | None], cores: float | None
) -> None:
    place = machine / "the groups"
    (machine / "own").write_text("0::/a/b\n" if kind == V2 else "4:memory:/\n3:cpu,cpuacct:/a/b\n")
    (machine / "mounts").write_text(mounted(place, kind))
    for group, given in limits.items():
        unlimited = ("max", "100000") if kind == V2 else ("-1", "100000")
        limit(place / group, kind, *(map(str, given) if given else unlimited))
    assert _quota.processor_quota() == cores


@pytest.mark.parametrize("root", ["/docker/1234", "/"])
@pytest.mark.parametrize("kind", [V1, V2])
def test_a_container_that_sees_its_own_group_only_knows_its_limit(machine: Path, kind: str, root: str) -> None:
    (machine / "own").write_text("0::/docker/1234\n" if kind == V2 else "3:cpu:/docker/1234\n")
    (machine / "mounts").write_text(mounted(machine / "groups", kind, root))
    limit(machine / "groups", kind, "50000", "100000")
    assert _quota.processor_quota() == 0.5


def test_where_both_versions_are_mounted_the_one_that_limits_counts(machine: Path) -> None:
    (machine / "own").write_text("3:cpu,cpuacct:/a\n1:name=systemd:/s\n0::/s\n")
    lines = [
        mounted(machine / "v2", V2),
        mounted(machine / "memory", V1, controllers="rw,memory"),
        mounted(machine / "v1", V1),
    ]
    (machine / "mounts").write_text("".join(lines))
    limit(machine / "memory" / "a", V1, "10000", "100000")
    limit(machine / "v1" / "a", V1, "50000", "100000")
    assert _quota.processor_quota() == 0.5


@pytest.mark.parametrize("said", ["", "nonsense\n", "30 25 0:26 / /x - cgroup2\n"])
def test_a_system_that_says_nothing_of_groups_limits_nothing(machine: Path, said: str) -> None:
    (machine / "mounts").write_text(said)
    (machine / "own").write_text(said)
    assert _quota.processor_quota() is None
    (machine / "mounts").unlink()
    (machine / "own").unlink()
    assert _quota.processor_quota() is None


def test_this_machine_is_read() -> None:
    granted = _quota.processor_quota()
    assert granted is None or granted > 0
