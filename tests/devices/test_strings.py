import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.errors import InputError
from hwnas.devices._strings import DeviceString, open_device, parse, read_options

WORDS = st.text(string.ascii_lowercase + string.digits + "_-", min_size=1, max_size=8)
ALLOWED = {"threads": [str(n) for n in range(1, 17)], "level": ["all", "none"]}


@given(WORDS, st.sampled_from(["", "0", "file.json"]), st.dictionaries(WORDS, WORDS, max_size=3))
def test_a_string_put_together_is_taken_apart_again(name: str, address: str, options: dict[str, str]) -> None:
    parts = ([address] if address else []) + [f"{key}={value}" for key, value in options.items()]
    text = f"{name}:{','.join(parts)}" if parts else name
    assert parse(text) == DeviceString(name, address, options)


@pytest.mark.parametrize(
    ("text", "address", "options"),
    [
        ("table:/a, b/c.json", "/a, b/c.json", {}),
        ("table:/a,b=c/d.json", "/a,b=c/d.json", {}),
        ("cpu:python=/a,b/bin/python, threads=2", "", {"python": "/a,b/bin/python", "threads": "2"}),
        ("ssh://pi@lab/cpu,python=/a,b/py,timeout=9", "//pi@lab/cpu", {"python": "/a,b/py", "timeout": "9"}),
    ],
)  # fmt: skip
def test_a_comma_within_a_path_parts_nothing(text: str, address: str, options: dict[str, str]) -> None:
    assert parse(text) == DeviceString(text.partition(":")[0], address, options)


@pytest.mark.parametrize(
    "text",
    ["", " ", ":threads=1", "cpu:threads=", "cpu:=1", "cpu:threads=1,", "cpu:a=1,a=2", "cpu:a=1,b", "table:/a/b,"],
)
def test_a_string_out_of_shape_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="device string"):
        parse(text)


def test_options_not_given_take_the_first_allowed_text() -> None:
    assert read_options(parse("x:level=none"), ALLOWED) == {"threads": "1", "level": "none"}


def test_an_unknown_option_is_answered_with_all_options_and_the_nearest() -> None:
    with pytest.raises(InputError, match=r"nearest: 'threads'.*threads=1\.\.16, level=all\|none"):
        read_options(parse("x:thread=2"), ALLOWED)


def test_a_value_that_is_not_allowed_is_answered_with_those_that_are() -> None:
    with pytest.raises(InputError, match=r"'threads'.*takes 1\.\.16, got '0'"):
        read_options(parse("x:threads=0"), ALLOWED)


def test_a_wrong_name_is_answered_with_the_nearest_first() -> None:
    with pytest.raises(InputError, match=r"No 'cpi' among devices; there are, nearest first: cpu"):
        open_device("cpi")


def test_a_plug_in_that_gives_no_device_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwnas.contracts.finding.find", lambda room, name: lambda asked: 5)  # noqa: ARG005
    with pytest.raises(InputError, match="The plug-in 'mine' of devices should give a Device, got int; mend it"):
        open_device("mine")


OWN = """
from dataclasses import replace
from hwnas.contracts.device import Device
from hwnas.devices import open_device

class Board(Device):
    def __init__(self, slot="0"):
        self.slot = slot

    def card(self):
        return replace(open_device("cpu:threads=1").card(), device=f"board:slot={self.slot}")

    def measure(self, models, reference, plan):
        return iter(())

def board(asked):
    return Board(**asked.options)

ready, number = Board(), 7
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "boards.py"
    path.write_text(OWN)
    return path


def test_a_device_of_ones_own_is_named_by_its_file(own: Path) -> None:
    assert open_device(f"{own}:board").card().device == "board:slot=0"
    assert open_device(f"{own}:board:slot=3").card().device == "board:slot=3"
    assert open_device(f"{own}:ready").card().device == "board:slot=0"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ready:slot=1", "is a device already, so it takes no options"),
        ("number", "should be a Device or a function, got int"),
        ("bord", "it has, nearest first: Board, board"),
    ],
)
def test_what_is_no_device_of_ones_own_is_refused(own: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_device(f"{own}:{name}")
