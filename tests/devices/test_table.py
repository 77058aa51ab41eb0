import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from hwnas.contracts.device import TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.devices import open_device
from hwnas.testing._models import write_chain


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "cpu-threads=1.json"
    path.write_text(json.dumps({"schema_version": 1, "device": open_device("cpu").card().to_dict(), "rows": []}))
    return path


def test_its_card_is_the_recorded_one_and_says_that_it_is_a_record(recorded: Path) -> None:
    card, live = open_device(f"table:{recorded}").card(), open_device("cpu").card()
    assert card.device == f"table:{recorded}"
    assert card.settings["latencies"] == "from a table, not timed"
    assert card.settings["measured_on"] == live.device
    assert replace(card, device=live.device, settings=live.settings) == live
    assert card.settings.items() > live.settings.items()
    assert open_device(card.device).card() == card


def test_another_content_is_another_device(recorded: Path) -> None:
    before = open_device(f"table:{recorded}").card().id
    recorded.write_text(recorded.read_text() + "\n")
    assert open_device(f"table:{recorded}").card().id != before


def test_it_refuses_to_time_anything(recorded: Path, tmp_path: Path) -> None:
    model = write_chain(tmp_path / "m.onnx", 1)
    device = open_device(f"table:{recorded}")
    with pytest.raises(DeviceError, match=r"record of cpu:threads=1 and cannot time"):
        list(device.measure([model], model, TimingPlan(rounds=1, min_runs=1, min_seconds=0.0)))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("table", "needs a latency table"),
        ("table:none.json", "Cannot read the latency table none.json"),
        ("table:colour=red", "no option 'colour'"),
        ("table:/a,b/none.json", "Cannot read the latency table /a,b/none.json"),
    ],
)
def test_wrong_strings_are_answered_in_words(text: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        open_device(text)


@pytest.mark.parametrize("content", ["", "[]", '{"device": {"colour": "red"}}', "{}", '{"device": 3}'])
def test_what_is_no_table_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(content)
    with pytest.raises(InputError, match="is not a latency table"):
        open_device(f"table:{path}")


@pytest.mark.parametrize("settings", [3, None, "governor", ["governor"]])
def test_settings_that_are_none_are_refused(recorded: Path, settings: object) -> None:
    table = json.loads(recorded.read_text())
    table["device"]["settings"] = settings
    recorded.write_text(json.dumps(table))
    with pytest.raises(InputError, match="is not a latency table"):
        open_device(f"table:{recorded}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"threads": 1,', '"threads": 1, "threads": 4,'),
        ('"threads": 1,', '"threads": true,'),
        ('"cores": ', '"cores": NaN, "x": '),
    ],
)
def test_a_card_is_read_strictly(recorded: Path, old: str, new: str) -> None:
    written = recorded.read_text()
    assert old in written
    recorded.write_text(written.replace(old, new, 1))
    with pytest.raises(InputError, match=r"is not a latency table: .*(twice|valid integer|no number)"):
        open_device(f"table:{recorded}")


def test_a_home_is_expanded_and_a_packed_table_is_read(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(recorded.parent))
    packed = recorded.with_suffix(".json.gz")
    packed.write_bytes(gzip.compress(recorded.read_bytes()))
    assert open_device(f"table:~/{recorded.name}").card() == open_device(f"table:{recorded}").card()
    assert open_device(f"table:~/{packed.name}").card().device == f"table:{packed}"
