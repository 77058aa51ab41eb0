"""Which options of a remote device are its own, and how it is called."""

import pytest

from hwnas.contracts.errors import InputError
from hwnas.devices._remote_options import own_options
from hwnas.devices._strings import DeviceString

DEFAULTS = {"python": "python3", "timeout": "300"}


def asked(**options: str) -> DeviceString:
    return DeviceString("ssh", "host", options)


def test_the_device_there_gets_the_options_that_are_not_its_own() -> None:
    own = own_options(asked(python="p", threads="4"), DEFAULTS)
    assert (dict(own.values), dict(own.others)) == ({"python": "p", "timeout": "300"}, {"threads": "4"})
    assert own.inner(None) == "cpu:threads=4"
    assert own.inner("cuda:1") == "cuda:1,threads=4"
    assert own_options(asked(), DEFAULTS).inner(None) == "cpu"


def test_a_longer_patience_here_is_one_there_too_and_a_shorter_one_is_not() -> None:
    assert own_options(asked(timeout="900"), DEFAULTS).inner(None) == "cpu:timeout=900"
    assert own_options(asked(timeout="30"), DEFAULTS).inner(None) == "cpu"


def test_the_canonical_string_has_what_differs_from_the_defaults_but_for_the_patience() -> None:
    rename = own_options(asked(python="p", timeout="30"), DEFAULTS).renamer("ssh://host")
    assert rename(DeviceString("cpu", "", {"threads": "4"})) == "ssh://host,python=p,threads=4"
    plain = own_options(asked(), DEFAULTS).renamer("ssh://host")
    assert plain(DeviceString("cuda", "1", {})) == "ssh://host/cuda:1"
    assert plain(DeviceString("cpu", "", {})) == "ssh://host"


@pytest.mark.parametrize("value", ["0", "-1", "soon", "inf", "nan"])
def test_a_patience_is_a_number_above_zero(value: str) -> None:
    with pytest.raises(InputError, match=rf"Option 'timeout' is a number above 0, got '{value}'"):
        own_options(asked(timeout=value), DEFAULTS).inner(None)
