"""Energy, on a stand-in for the counters: no machine here has any."""

from pathlib import Path

import pytest

from hwnas.contracts.errors import DeviceError
from hwnas.devices import _energy, _runner, open_device
from hwnas.devices._energy import Meter, meter
from hwnas.devices._facts import told_by
from hwnas.devices._footprint import can_tell
from hwnas.devices._local import LocalDevice
from hwnas.devices._runner import Runner
from hwnas.devices._session import Sessions
from hwnas.testing._models import write_chain

RANGE = 262_143_328_850  # of a real package


@pytest.fixture
def counters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tree of two packages, one of which has a part, and of another zone."""
    tree = tmp_path / "powercap"
    zones = {"intel-rapl:0": "package-0", "intel-rapl:1": "package-1", "intel-rapl:0:0": "core", "intel-rapl:2": "psys"}
    for folder, name in zones.items():
        (tree / folder).mkdir(parents=True)
        (tree / folder / "name").write_text(f"{name}\n")
        (tree / folder / "energy_uj").write_text("1000\n")
        (tree / folder / "max_energy_range_uj").write_text(f"{RANGE}\n")
    (tree / "intel-rapl").mkdir()
    monkeypatch.setattr(_energy, "POWERCAP", tree)
    return tree


def test_the_packages_of_a_machine_are_added_and_nothing_is_counted_twice(counters: Path) -> None:
    found = meter()
    assert found is not None
    before = found.read()
    for folder, more in (
        ("intel-rapl:0", 5000),
        ("intel-rapl:1", 2500),
        ("intel-rapl:0:0", 4000),
        ("intel-rapl:2", 9000),
    ):
        (counters / folder / "energy_uj").write_text(str(1000 + more))
    assert found.millijoules(before, found.read()) == 7.5


def test_a_counter_that_began_anew_between_two_readings_is_understood() -> None:
    assert Meter(((Path("none"), RANGE),)).millijoules([RANGE - 999], [2000]) == 3.0


@pytest.mark.parametrize("lacking", ["energy_uj", "max_energy_range_uj"])
def test_a_machine_that_hides_a_counter_tells_no_energy(counters: Path, lacking: str) -> None:
    (counters / "intel-rapl:1" / lacking).unlink()
    assert meter() is None


def test_a_machine_without_counters_tells_no_energy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_energy, "POWERCAP", tmp_path / "none")
    assert meter() is None
    assert "energy_mj" not in told_by(open_device("cpu"))


class Ticking(Meter):
    """Takes 6 mJ between two readings."""

    taken = 0

    def read(self) -> list[int]:
        type(self).taken += 6000
        return [self.taken]


def test_the_energy_of_a_run_is_that_of_all_runs_between_two_readings_by_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_runner, "ENERGY_SECONDS", 0.0)
    models = [str(write_chain(tmp_path / f"{n}.onnx", n)) for n in (1, 2)]
    found = Runner(Sessions()).energies(models, Ticking(((tmp_path, RANGE),)))
    assert found == [6.0 / _runner.ENERGY_RUNS] * 2


@pytest.mark.skipif(not can_tell(), reason="this system does not tell what memory a process takes")
def test_a_processor_with_counters_tells_energy_among_the_rest(
    counters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_runner, "ENERGY_SECONDS", 0.0)
    device, model = open_device("cpu"), write_chain(tmp_path / "m.onnx", 1)
    assert isinstance(device, LocalDevice)
    (facts,) = device.examine([model])
    assert facts.extra.keys() == told_by(device) >= {"energy_mj", "load_ms"}
    assert facts.extra["energy_mj"] == 0.0, "these counters stand still"
    monkeypatch.setattr(Meter, "read", lambda _: (counters / "gone").read_bytes())
    with pytest.raises(DeviceError, match=r"cannot read its counters of energy any more: No such file"):
        list(device.examine([model]))
