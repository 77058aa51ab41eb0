"""A device card: equal cards have equal ids, and any field that differs gives another."""

from dataclasses import fields, replace

import pytest

from hwnas.contracts.device import FROM_A_TABLE, DeviceCard

CARD = DeviceCard("cpu:threads=2", "p", 4, 2**30, "s", "r 1", "CPU", 2, settings={"b": "2", "a": "1"})


def test_the_id_is_twelve_digits_and_the_order_of_settings_does_not_matter() -> None:
    assert len(CARD.id) == 12
    assert int(CARD.id, 16) >= 0
    assert replace(CARD, settings={"a": "1", "b": "2"}).id == CARD.id
    assert DeviceCard(**CARD.to_dict()).id == CARD.id  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [field.name for field in fields(DeviceCard)])
def test_every_field_changes_the_id(name: str) -> None:
    value = getattr(CARD, name)
    other = {"a": "1"} if name == "settings" else value + (1 if isinstance(value, int) else "x")
    assert replace(CARD, **{name: other}).id != CARD.id


def test_latencies_are_timed_unless_the_card_says_that_they_are_from_a_table() -> None:
    assert CARD.timed
    assert not replace(CARD, settings={"latencies": FROM_A_TABLE}).timed
