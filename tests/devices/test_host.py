from pathlib import Path

import pytest

from hwnas.devices import _host


def test_this_machine_is_described() -> None:
    assert _host.processor() not in {"", "unknown"}
    assert _host.usable_cores() >= 1
    assert _host.memory_bytes() % (16 * 2**20) == 0
    assert _host.system().count(" ") >= 2


def test_what_changes_latencies_is_said_or_said_to_be_unknown_and_stays() -> None:
    found = _host.machine()
    assert {"governor", "max_khz", "turbo", "smt", "instructions", "virtual_machine", "container"} <= set(found)
    assert any(name.startswith("cache") for name in found)
    assert all(found.values())
    assert _host.machine() == found


@pytest.mark.parametrize(
    ("files", "turbo"),
    [
        ({}, "unknown"),
        ({"intel_pstate/no_turbo": "1"}, "off"),
        ({"intel_pstate/no_turbo": "0"}, "on"),
        ({"cpufreq/boost": "0"}, "off"),
        ({"cpufreq/boost": "1"}, "on"),
    ],
)
def test_turbo_is_read_from_whatever_driver_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], turbo: str
) -> None:
    monkeypatch.setattr(_host, "CPUS", str(tmp_path))
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{content}\n")
    assert _host.machine()["turbo"] == turbo
    assert _host.machine()["caches"] == "unknown"


RASPBERRY = "processor\t: {n}\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: {part}\n\n"


def test_arm_names_every_kind_of_core_and_others_say_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_host, "CPUINFO", str(tmp_path / "cpuinfo"))
    parts = ["0xd05"] * 4 + ["0xd0a"] * 3 + ["0xd44"]
    (tmp_path / "cpuinfo").write_text("".join(RASPBERRY.format(n=n, part=part) for n, part in enumerate(parts)))
    assert _host.machine()["core_kinds"] == "0x41/0xd05 0x41/0xd0a 0x41/0xd44"
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Some x86\nflags\t: avx2\n")
    assert "core_kinds" not in _host.machine()


@pytest.mark.parametrize(("granted", "told"), [(None, None), (0.5, "0.5"), (6400.0, None)])
def test_a_quota_of_processor_time_is_told_where_it_is_less_than_the_cores(
    monkeypatch: pytest.MonkeyPatch, granted: float | None, told: str | None
) -> None:
    monkeypatch.setattr(_host, "processor_quota", lambda: granted)
    assert _host.machine().get("cpu_quota") == told
