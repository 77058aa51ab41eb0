import json
import shlex
import shutil
from pathlib import Path

import pytest
import torch

import hwnas
from hwnas.contracts.objects import object_at
from tests.cli.conftest import Command


def test_what_a_study_in_python_found_is_shown_and_every_next_command_works(
    command: Command, finished: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(finished, tmp_path / "run")
    shown = command("show", run)
    assert shown.code == 0, shown.errors
    members = json.loads((run / "front.json").read_text())["members"]
    assert all(member["key"] in shown.output for member in members)
    words = shlex.split(shown.output.splitlines()[-1].removeprefix("Next: ").rpartition("  (")[0])
    assert words == ["hwnas", "report", str(run)]
    ended = command(*words[1:])
    assert ended.code == 0, ended.errors


def test_what_the_reader_of_a_front_should_know_is_shown_as_the_search_said_it(
    command: Command, finished: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(finished, tmp_path / "run")
    content = json.loads((run / "front.json").read_text())
    (run / "front.json").write_text(json.dumps(content | {
        "notes": ["Only wide networks were searched."],
        "adopted": {content["members"][0]["key"]: "0" * 12},
    }))  # fmt: skip
    shown = command("show", run).output
    command("report", run)
    for words in (shown, (run / "report.html").read_text()):
        assert "Only wide networks were searched." in words
        assert f"Sub-network {content['members'][0]['key']} was tuned outside of hwnas" in words


@pytest.mark.parametrize(("kind", "said"), [("space", "the space 'mine[b]'"), ("task", "the task 'mine[b]'")])
def test_of_a_space_or_a_task_of_ones_own_a_model_is_named_that_can_be_checked(
    command: Command, finished: Path, tmp_path: Path, kind: str, said: str
) -> None:
    run = shutil.copytree(finished, tmp_path / "run")
    content = json.loads((run / "front.json").read_text())
    (run / "front.json").write_text(json.dumps(content | {kind: "mine[b]"}))
    shown = command("show", run)
    assert said in shown.output
    words = shlex.split(shown.output.splitlines()[-1].removeprefix("Next: ").rpartition("  (")[0])
    assert words[:2] == ["hwnas", "check"]
    assert Path(words[2]).is_file()


@pytest.mark.parametrize("told", [True, False])
def test_of_a_network_that_was_given_in_python_commands_are_told_its_code(
    command: Command, finished: Path, tmp_path: Path, *, told: bool
) -> None:
    run = shutil.copytree(finished, tmp_path / "run")
    content = json.loads((run / "front.json").read_text())
    (run / "front.json").write_text(json.dumps(content | {"space": "elastic", "task": "digits"}))
    (tmp_path / "mine.py").write_text(
        "from torch import nn\nnet = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3)).eval()\n"
    )
    network = object_at(f"{tmp_path}/mine.py:net", "network")
    assert isinstance(network, torch.nn.Module)
    hwnas.elastic(f"{tmp_path}/mine.py:net" if told else network, torch.zeros(2, 8)).save(run)
    shown = command("show", run)
    assert shown.code == 0, shown.errors
    words = shlex.split(shown.output.splitlines()[-1].removeprefix("Next: ").rpartition("  (")[0])
    assert words[:2] == ["hwnas", "report" if told else "check"]
    assert ("--space FILE.py:NAME" in shown.output) is not told
