import importlib
import sys
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find, names
from hwnas.contracts.nearest import nearest_first

ROOMS = ("spaces", "sharing", "tasks", "training", "predictors", "strategies", "devices")


@pytest.mark.parametrize("room", ROOMS)
def test_everything_a_room_lists_can_be_found_and_called(room: str) -> None:
    assert names(room) == sorted(set(names(room)))
    for name in names(room):
        assert callable(find(room, name))


@pytest.mark.parametrize("room", ROOMS)
def test_helpers_are_not_listed(room: str) -> None:
    importlib.import_module(f"hwnas.{room}")
    assert not [name for name in names(room) if name.startswith("_")]


@pytest.mark.parametrize("room", [*ROOMS, "formats", "problems", "scores"])
@pytest.mark.parametrize(
    "code", ["import nowhere", "raise SystemExit(1)", "x = 1", "raise RuntimeError('a\\nb' * 9999)"]
)
def test_a_plug_in_that_cannot_be_loaded_is_named_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: str, code: str
) -> None:
    card = tmp_path / "stranger-1.0.dist-info"
    card.mkdir()
    (card / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (card / "entry_points.txt").write_text(f"[hwnas.{room}]\nbroken = a_broken_module:broken\n")
    (tmp_path / "a_broken_module.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "a_broken_module", raising=False)
    with pytest.raises(InputError, match=r"'broken' of .*, of stranger\) cannot be loaded: ") as caught:
        find(room, "broken")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_an_unknown_name_is_answered_with_what_there_is_nearest_first() -> None:
    with pytest.raises(InputError, match=r"No 'sandwhich' among training; there are, nearest first: sandwich, "):
        find("training", "sandwhich")


def test_nearest_means_most_alike_then_alphabetical() -> None:
    assert nearest_first("KERNEL", ["stage", "kernel2", "kernel1"]) == ["kernel1", "kernel2", "stage"]
