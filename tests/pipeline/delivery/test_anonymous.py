"""A card that leaves the house says what was measured, and not whose it is."""

import getpass
import json
import platform

import pytest

from hwnas.pipeline.delivery.anonymous import anonymous, without_owner


@pytest.mark.parametrize(
    ("device", "told"),
    [
        ("cpu", "cpu"),
        ("cpu:threads=2", "cpu:threads=2"),
        ("cuda:0", "cuda:0"),
        ("ep:XnnpackExecutionProvider,threads=2", "ep:XnnpackExecutionProvider,threads=2"),
        ("ssh://me@lab.example:22,threads=2,python=/home/me/bin/python", "ssh:threads=2"),
        ("ssh://lab", "ssh"),
        ("adb://R58M12ABCDE,threads=4", "adb:threads=4"),
        ("table:/home/me/phone.json", "table"),
        ("table:phone.json", "table"),
        ("cpu:threads=1,python=/opt/x/python", "cpu:threads=1"),
    ],
)
def test_a_device_string_keeps_what_is_no_persons(device: str, told: str) -> None:
    assert without_owner(device) == told


def test_paths_persons_and_this_machines_own_names_go_wherever_they_stand() -> None:
    fields = {
        "device": "ssh://me@lab,threads=1",
        "processor": "Chip 2.0 / 8 cores, x86/64",
        "threads": 4,
        "settings": {
            "driver": "libdnn of /usr/local/lib/dnn.so, 3.1",
            "home": "C:\\Users\\me\\x",
            "seen_by": f"{getpass.getuser()} on {platform.node()}",
            "from": "me@lab.example",
            "source": "https://example.org/data/set",
        },
        "list": ["~/private", "a/b"],
    }
    told = anonymous(fields)
    text = json.dumps(told)
    assert told["processor"] == fields["processor"]
    assert told["threads"] == 4
    assert "https://example.org/data/set" in text
    assert '"a/b"' in text
    for private in ("/usr", "Users", "private", "me@", "lab"):
        assert private not in text
    assert told["settings"]["driver"] == "libdnn of (left out), 3.1"  # type: ignore[index, call-overload]
    for name in (getpass.getuser(), platform.node()):
        assert len(name) < 3 or name not in told["settings"]["seen_by"]  # type: ignore[index, call-overload, operator]
