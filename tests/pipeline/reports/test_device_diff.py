import json
from dataclasses import replace
from pathlib import Path

import pytest

from hwnas.contracts.device import DeviceCard
from hwnas.contracts.errors import InputError
from hwnas.devices import open_device
from hwnas.pipeline.reports.device_diff import MEANINGS, Seen, differences, look

CARD = DeviceCard("cpu:threads=1", "Chip", 4, 2**30, "Linux 6", "onnxruntime 1", "CPU", 1, settings={"turbo": "on"})


def test_what_differs_is_told_with_what_it_does_and_nothing_else() -> None:
    other = replace(CARD, device="cpu:threads=4", threads=4, settings={"turbo": "off"})
    found = differences(Seen("a", CARD, 0.0), Seen("b", other, 1.5))
    assert [(d.field, d.first, d.second) for d in found] == [
        ("threads", "1", "4"),
        ("turbo", "on", "off"),
        ("others_busy", "0.00", "1.50"),
    ]
    assert all(d.known and d.meaning == MEANINGS[d.field] for d in found)


def test_what_only_one_card_tells_comes_last_and_is_marked() -> None:
    other = replace(CARD, threads=2, settings={"governor": "performance"})
    found = differences(Seen("a", CARD, None), Seen("b", other, None))
    assert [(d.field, d.known) for d in found] == [("threads", True), ("governor", False), ("turbo", False)]


def test_equal_cards_do_not_differ() -> None:
    assert differences(Seen("a", CARD, None), Seen("b", CARD, None)) == []


def test_cards_come_from_live_devices_and_from_files_of_every_kind(tmp_path: Path) -> None:
    card = open_device("cpu").card()
    assert look("cpu") == Seen("cpu", card, None)
    contents = {
        "table": ({"device": card.to_dict(), "protocol": {"others_busy": 0.25}}, 0.25),
        "manifest": ({"device": card.to_dict(), "accuracy": 0.9}, None),
        "card": (card.to_dict(), None),
    }
    for name, (content, busy) in contents.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(content))
        assert look(str(path)) == Seen(str(path), card, busy)


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "{}", '{"device": {"colour": 1}}', '{"device": null}',
        json.dumps({"device": CARD.to_dict(), "protocol": {"others_busy": float("nan")}}),
        json.dumps({"device": CARD.to_dict(), "protocol": {"others_busy": "1"}}),
        json.dumps(CARD.to_dict()).replace('"threads"', '"cores": 9, "threads"'),
    ],
)  # fmt: skip
def test_a_file_without_a_card_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(InputError, match="holds no device card"):
        look(str(path))


def test_every_field_of_a_card_here_has_a_meaning() -> None:
    told = set(Seen("cpu", open_device("cpu").card(), None).facts()) - {"device", "caches"}
    assert told <= set(MEANINGS)
