"""Runs of spaces and tasks of one's own, which commands are told as FILE.py:NAME and never take from a run's folder."""

import importlib
import json
import shutil
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.objects import object_at
from hwnas.pipeline.study import Study
from hwnas.spaces._named import named_space
from hwnas.supernet import Supernet
from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused
from tests.plugged import Simulated

MINE = """
from hwnas import SearchSpace
from tests.plugged import tiny_space, tiny_task

def space():
    known = tiny_space()
    return SearchSpace(known.choices, name="mine", build=known.build, inputs=known.inputs)

task = tiny_task()
task.name = "own"

class Own(type(task)):
    name = "own"

    def __init__(self):
        self.__dict__.update(task.__dict__)
"""


SUPERNET = """
from hwnas import Supernet
from mine import space

supernet = Supernet(space())
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a user's file, and the run of a study of what is in it."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "mine.py").write_text(MINE)
    (folder / "net.py").write_text(SUPERNET)
    supernet, task = object_at(f"{folder}/net.py:supernet", "supernet"), object_at(f"{folder}/mine.py:task", "task")
    assert isinstance(supernet, Supernet)
    Study(folder / "run", supernet, task, Simulated(), preset="rapid").search(16, samples=24)  # type: ignore[arg-type]
    return folder


@pytest.mark.parametrize(("space", "task"), [("mine.py:space", "mine.py:task"), ("net.py:supernet", "mine.py:Own")])
def test_every_command_on_a_run_works_once_it_is_told_where_space_and_task_are(
    command: Command, own: Path, tmp_path: Path, space: str, task: str
) -> None:
    shutil.copytree(own, tmp_path, dirs_exist_ok=True)
    told = ("--space", space, "--task", task)
    assert "--space FILE.py:NAME --task FILE.py:NAME" in command("show", "run").output
    written = command("report", "run", *told)
    assert written.code == 0, written.errors
    assert " ".join(told) in written.output
    assert "--space FILE.py:NAME --task FILE.py:NAME" in (tmp_path / "run" / "report.html").read_text()
    ended = command("export", "run", *told, "--max-latency", "10s", "--preset", "rapid")
    assert ended.code == 0, ended.errors
    assert json.loads(Path("model.json").read_text())["space"]["name"] == "mine"


def test_what_has_to_be_told_is_said_in_one_sentence(command: Command, own: Path, tmp_path: Path) -> None:
    shutil.copytree(own, tmp_path, dirs_exist_ok=True)
    for name in ("report", "export", "search"):
        refused(command(name, "run"), "the space 'mine'", "tell it with --space FILE.py:NAME")
        refused(command(name, "run", "--space", "mine.py:space"), "the task 'own'", "tell it with --task FILE.py:NAME")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("none.py:space", "No file none.py with the space 'space'"),
        ("mine.py:spaec", "mine.py has no 'spaec'; it has, nearest first: space"),
        ("mine.py:task", "should be a SearchSpace or a Supernet, got TinyTask"),
        ("broken.py:space", "broken.py cannot be run: ZeroDivisionError: division by zero"),
        ("leaves.py:space", "leaves.py cannot be run: SystemExit"),
        ("part.py:space", "relative import with no known parent package; add an __init__.py to each folder"),
        ("needs.py:space", "needs.py:space cannot be made: TypeError: space() missing 1 required"),
        ("raises.py:space", "raises.py:space cannot be made: KeyError: 'width' at "),
    ],
)
def test_a_file_without_what_is_asked_for_is_refused(command: Command, own: Path, told: str, words: str) -> None:
    Path("mine.py").write_text((own / "mine.py").read_text())
    Path("broken.py").write_text("1 / 0")
    Path("leaves.py").write_text("raise SystemExit(0)")
    Path("part.py").write_text("from .sizes import WIDTHS")
    Path("needs.py").write_text("def space(width): ...")
    Path("raises.py").write_text("def space(): return {}['width']")
    refused(command("profile", "simulated", "--space", told), words)


def test_what_a_run_says_of_its_space_or_task_is_never_run(command: Command, own: Path, tmp_path: Path) -> None:
    shutil.copytree(own, tmp_path, dirs_exist_ok=True)
    (tmp_path / "trap.py").write_text("from pathlib import Path\nPath('sprung').touch()\nspace = task = None\n")
    supernet = object_at(f"{own}/net.py:supernet", "supernet")
    assert isinstance(supernet, Supernet)
    supernet.space.name, name = "trap.py:space", supernet.space.name
    try:
        supernet.save(tmp_path / "run")
    finally:
        supernet.space.name = name
    refused(command("report", "run"), "the space 'trap.py:space'")
    front = json.loads((tmp_path / "run" / "front.json").read_text())
    (tmp_path / "run" / "front.json").write_text(json.dumps(front | {"space": "trap.py:space", "task": "trap.py:task"}))
    command("show", "run")
    assert not (tmp_path / "sprung").exists()


def test_a_file_beside_it_hides_no_module_of_pythons_own(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError")
    (tmp_path / "beside_it.py").write_text("value = 3")
    (tmp_path / "mine.py").write_text("import json\nfrom beside_it import value")
    assert object_at(f"{tmp_path}/mine.py:value", "value") == 3


@pytest.mark.parametrize("line", ["from ..sizes import widths", "from {}.sizes import widths", "import {}.sizes"])
def test_a_file_of_a_package_may_import_from_it(tmp_path: Path, line: str) -> None:
    package = f"owned_by_user{len(line)}"
    inner = tmp_path / package / "inner"
    inner.mkdir(parents=True)
    (inner / "__init__.py").touch()
    (inner.parent / "__init__.py").touch()
    (inner.parent / "sizes.py").write_text("widths = object()")
    (inner / "mine.py").write_text(line.format(package) + "\nhere = __name__")
    assert object_at(f"{inner}/mine.py:here", "value") == f"{package}.inner.mine"
    if "widths" in line:
        widths = object_at(f"{inner}/mine.py:widths", "value")
        assert widths is importlib.import_module(f"{package}.sizes").widths


def test_a_package_that_is_called_as_one_of_pythons_own_is_refused(tmp_path: Path) -> None:
    package = tmp_path / "json"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "mine.py").write_text("from . import decoder")
    with pytest.raises(InputError, match=r"package 'json', and Python has another .* give the package a name"):
        object_at(f"{package}/mine.py:decoder", "value")


def test_an_elastic_network_that_a_stored_file_names_is_run_only_where_its_user_told_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    trap = tmp_path / "trap.py"
    trap.write_text(f"from pathlib import Path\nPath({str(tmp_path / 'sprung')!r}).touch()\nnetwork = None\n")
    for _ in range(2):
        with pytest.raises(InputError, match="which is not run on a file's word"):
            named_space("elastic", {"model": f"{trap}:network", "structure": {}})
    assert not (tmp_path / "sprung").exists()
    object_at(f"{trap}:network", "network")
    with pytest.raises(InputError, match=r"should be an nn\.Module"):
        named_space("elastic", {"model": f"{trap}:network", "structure": {}})
