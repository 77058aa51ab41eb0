import importlib
import sys
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find, names, usable
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


def plug_in_broken(folder: Path, monkeypatch: pytest.MonkeyPatch, room: str, code: str) -> None:
    """A package `stranger` with a thing `broken` of a room, whose file has the code."""
    card = folder / "stranger-1.0.dist-info"
    card.mkdir()
    (card / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (card / "entry_points.txt").write_text(f"[hwnas.{room}]\nbroken = a_broken_module:broken\n")
    (folder / "a_broken_module.py").write_text(code)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "a_broken_module", raising=False)


@pytest.mark.parametrize("room", [*ROOMS, "formats", "problems", "scores"])
@pytest.mark.parametrize(
    "code", ["import nowhere", "raise SystemExit(1)", "x = 1", "raise RuntimeError('a\\nb' * 9999)"]
)
def test_a_plug_in_that_cannot_be_loaded_is_named_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: str, code: str
) -> None:
    plug_in_broken(tmp_path, monkeypatch, room, code)
    with pytest.raises(InputError, match=r"'broken' of .*, of stranger\) cannot be loaded: ") as caught:
        find(room, "broken")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("room", ["spaces", "formats", "predictors", "strategies"])
def test_a_room_goes_on_without_what_cannot_be_loaded_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: str
) -> None:
    before = usable(room)
    plug_in_broken(tmp_path, monkeypatch, room, "import nowhere")
    with pytest.warns(UserWarning, match=r"'broken' of .*, of stranger\) cannot be loaded: .* It is left out\.$"):
        assert usable(room) == before
    assert set(before) == set(names(room)) - {"broken"}


def test_an_unknown_name_is_answered_with_what_there_is_nearest_first() -> None:
    with pytest.raises(InputError, match=r"No 'sandwhich' among training; there are, nearest first: sandwich, "):
        find("training", "sandwhich")


def test_nearest_means_most_alike_then_alphabetical() -> None:
    assert nearest_first("KERNEL", ["stage", "kernel2", "kernel1"]) == ["kernel1", "kernel2", "stage"]
