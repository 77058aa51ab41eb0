import importlib

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


def test_an_unknown_name_is_answered_with_what_there_is_nearest_first() -> None:
    with pytest.raises(InputError, match=r"No 'sandwhich' among training; there are, nearest first: sandwich, "):
        find("training", "sandwhich")


def test_nearest_means_most_alike_then_alphabetical() -> None:
    assert nearest_first("KERNEL", ["stage", "kernel2", "kernel1"]) == ["kernel1", "kernel2", "stage"]
