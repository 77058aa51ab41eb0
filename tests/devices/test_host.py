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
