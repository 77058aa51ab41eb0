"""`hwnas profile`: what it says of the table that it writes, and what cannot be asked together."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused

PROFILE = ("profile", "simulated", "--space", "tiny", "--preset", "rapid")


def test_a_table_is_written_and_shown_and_more_rows_are_added_as_it_was_timed(command: Command) -> None:
    ended = command(*PROFILE, "--samples", "16", "--seed", "3", "--out", "t.json")
    assert ended.code == 0, ended.errors
    before = json.loads(Path("t.json").read_text())
    assert (len(before["rows"]), before["protocol"]["seed"]) == (16, 3)
    assert "16 sub-networks timed on simulated (none)." in ended.output
    for name in ("fastest", "median", "slowest"):
        assert name in ended.output
    assert "Verdict: stable." in ended.output
    assert "Level: how the speed of this device changes between sessions is unknown" in ended.output
    ended = command("profile", "simulated", "--space", "tiny", "--out", "t.json", "--more", "4")
    assert ended.code == 0, ended.errors
    after = json.loads(Path("t.json").read_text())["rows"]
    assert (len(after), after[:16]) == (20, before["rows"])


@pytest.mark.parametrize(
    ("option", "value"), [("--samples", "20"), ("--preset", "normal"), ("--seed", "1"), ("--transfer-from", "t.json")]
)
def test_what_a_table_was_timed_with_cannot_be_changed_by_more_rows(command: Command, option: str, value: str) -> None:
    asked = ("profile", "simulated", "--space", "tiny", "--out", "t.json", "--more", "4", option, value)
    refused(command(*asked), "--more times as the table at --out was timed", option)


def test_a_profile_needs_a_space(command: Command) -> None:
    refused(command("profile", "simulated", "--out", "t.json"), "A profile is of a search space", "--space")
