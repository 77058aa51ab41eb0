"""`hwnas device`: one card, or why two differ."""

import json
from pathlib import Path

from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused
from tests.plugged import Simulated

CARD = Simulated().card()


def other_card(**changes: object) -> Path:
    path = Path("other.json")
    path.write_text(json.dumps({**CARD.to_dict(), **changes}))
    return path


def test_a_card_is_shown_with_every_field_and_its_id(command: Command) -> None:
    ended = command("device", "card", "simulated", "--json")
    assert ended.code == 0, ended.errors
    assert json.loads(ended.output) == {**CARD.to_dict(), "id": CARD.id}
    shown = command("device", "card", "simulated").output
    assert f"Device {CARD.id}" in shown
    assert "Next: hwnas device diff simulated OTHER" in shown


def test_differences_are_told_with_what_they_do_what_matters_most_first(command: Command) -> None:
    path = other_card(cores=2, processor="faster", settings={"governor": "powersave"})
    ended = command("device", "diff", "simulated", path, "--json")
    found = json.loads(ended.output)
    assert [entry["field"] for entry in found] == ["processor", "cores", "governor"]  # not known of both: last
    assert found[0] | {"meaning": ""} == {
        "field": "processor", "first": "none", "second": "faster", "meaning": "", "known": True,
    }  # fmt: skip
    assert [entry["known"] for entry in found] == [True, True, False]
    shown = command("device", "diff", "simulated", path).output
    assert "simulated against simulated" in shown
    assert "another processor" in shown
    assert "not known of both" in shown


def test_cards_that_are_the_same_leave_load_and_heat(command: Command) -> None:
    assert json.loads(command("device", "diff", "simulated", other_card(), "--json").output) == []
    assert "The cards tell no difference" in command("device", "diff", "simulated", other_card()).output


def test_how_busy_others_kept_the_machine_is_compared_where_tables_tell(command: Command) -> None:
    for name, busy in (("a", 0.0), ("b", 1.5)):
        Path(f"{name}.json").write_text(json.dumps({"device": CARD.to_dict(), "protocol": {"others_busy": busy}}))
    (found,) = json.loads(command("device", "diff", "a.json", "b.json", "--json").output)
    assert (found["field"], found["first"], found["second"]) == ("others_busy", "0.00", "1.50")


def test_a_file_without_a_card_is_refused_and_so_is_a_number_of_devices_that_does_not_fit(command: Command) -> None:
    Path("none.json").write_text("[]")
    refused(command("device", "card", "none.json"), "none.json", "holds no device card")
    for words in (("card", "simulated", "simulated"), ("diff", "simulated")):
        ended = command("device", *words)
        assert ended.code == 2
        assert "card takes one device, diff takes two." in ended.errors
