"""Hot and throttled phones, as a stand-in for `adb` shows them."""

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from hwnas.contracts.device import Device, DeviceCard, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError
from hwnas.devices import _heat
from hwnas.devices._heat import Heat, HeatGated, read_heat
from hwnas.devices._phone import Phone
from tests.devices.adb_stand_in import SERIAL, StandIn
from tests.devices.remotes import phone as phone  # noqa: PLC0414  a fixture

TWO = TimingPlan(rounds=2, min_runs=1, min_seconds=0.0)
CAPS = "\n=caps\n1800000\n2400000\n"


class Pretended(Device):
    """Does `during` in each round, then gives a timing."""

    def __init__(self, during: Callable[[int], object]) -> None:
        self.during = during
        self.rounds: list[int] = []

    def card(self) -> DeviceCard:
        return DeviceCard("pretended", "none", 1, 2**30, "none", "none 1", "none", 1)

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:  # noqa: ARG002
        self.rounds.append(plan.first_round)
        self.during(len(self.rounds))
        yield Timing(0, plan.first_round, 1, 1.0, 1.0)


def gated(during: Callable[[int], object]) -> tuple[HeatGated, Pretended]:
    inner = Pretended(during)
    return HeatGated(inner, Phone(SERIAL), 45.0), inner


def rounds(device: HeatGated) -> list[int]:
    return [timing.round for timing in device.measure([Path("m")], Path("m"), TWO)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_heat, "POLL_SECONDS", 0.1)


def test_lasting_heat_is_read_from_skin_and_battery_as_they_are_now() -> None:
    text = (
        "Thermal Status: 2\nCached temperatures:\n\tTemperature{mValue=70.0, mType=3, mName=a, mStatus=0}\n"
        "Current temperatures from HAL:\n\tTemperature{mValue=90.0, mType=0, mName=cpu, mStatus=0}\n"
        "\tTemperature{mValue=NaN, mType=3, mName=b, mStatus=0}\n"
        "\tTemperature{mValue=0.0, mType=2, mName=c, mStatus=0}\n"
        "\tTemperature{mValue=41.5, mType=3, mName=d, mStatus=0}\n  temperature: 312\n"
    )
    assert read_heat(text + CAPS) == Heat(41.5, 2, 4200000)


def test_an_old_phone_tells_its_battery_only_and_one_that_says_nothing_is_unknown() -> None:
    assert read_heat(f"Can't find service: thermalservice\n  temperature: 312\n{CAPS}") == Heat(31.2, 0, 4200000)
    assert read_heat("\n=caps\n") == Heat(None, 0, 0)


@pytest.mark.usefixtures("phone")
def test_a_cool_phone_is_timed_at_once() -> None:
    device, inner = gated(lambda _: None)
    assert rounds(device) == inner.rounds == [0, 1]


def test_a_hot_phone_is_waited_for(phone: StandIn) -> None:
    phone.heat(46.0)
    device, inner = gated(lambda _: None)
    cooling = threading.Timer(0.6, lambda: phone.heat(44.0))
    cooling.start()
    assert rounds(device) == [0, 1]
    assert not cooling.is_alive()
    assert sum("dumpsys" in call for call in phone.calls) > 4
    assert inner.rounds == [0, 1]


def test_a_phone_that_stays_hot_is_refused(phone: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_heat, "PATIENCE_SECONDS", 0.3)
    phone.heat(46.5)
    device, inner = gated(lambda _: None)
    with pytest.raises(DeviceError, match=r"is 46\.5 degrees Celsius warm.*did not get below 45"):
        rounds(device)
    assert inner.rounds == []


@pytest.mark.parametrize("sign", ["status", "cap"])
def test_a_round_in_which_the_phone_throttled_is_taken_again(phone: StandIn, sign: str) -> None:
    def throttle_once(attempt: int) -> None:
        if attempt == 1 and sign == "status":
            phone.heat(30.0, status=2)
            threading.Timer(0.5, lambda: phone.heat(30.0)).start()
        if sign == "cap":
            phone.clocks(cap=1000000 if attempt == 1 else 2000000, now=1900000)

    device, inner = gated(throttle_once)
    assert rounds(device) == [0, 1]
    assert inner.rounds == [0, 0, 1]


def test_a_core_that_slows_down_while_it_works_is_throttled_and_given_up_if_it_stays_so(
    phone: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_heat, "_WATCH", _heat._WATCH.replace("sleep 1", "sleep 0.1"))

    def slow_down(attempt: int) -> None:
        phone.clocks(cap=2000000, now=1900000 if attempt == 1 else 1500000)
        threading.Event().wait(0.8)  # long enough to be looked at

    device, inner = gated(slow_down)
    with pytest.raises(DeviceError, match=r"slowed itself down in 3 attempts.*79%"):
        rounds(device)
    assert inner.rounds == [0, 1, 1, 1]


def test_a_phone_that_cannot_be_asked_how_hot_it_is_is_not_timed(phone: StandIn) -> None:
    (phone.programs / "adb").write_text("#!/bin/sh\necho 'error: protocol fault (no status)' >&2\nexit 1\n")
    device, inner = gated(lambda _: None)
    with pytest.raises(DeviceError, match=r"does not do what it is asked: error: protocol fault"):
        rounds(device)
    assert inner.rounds == []


def test_a_phone_that_no_longer_shows_its_clocks_has_not_throttled(phone: StandIn) -> None:
    device, inner = gated(lambda _: shutil.rmtree(phone.folder / "cpus", ignore_errors=True))
    assert rounds(device) == inner.rounds == [0, 1]
