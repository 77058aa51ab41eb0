"""Documentation that fails when it is stale."""

import ast
import inspect
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main

import hwnas
from hwnas.cli._app import commands, make_app
from hwnas.contracts.finding import find, names
from hwnas.pipeline.delivery.front import Pick

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
QUALITY = ROOT / "benchmarks" / "results" / "supernet_quality.json"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
FILES = sorted((ROOT / "hwnas").rglob("*.py"))
GROUP = typer.main.get_command(make_app()).commands  # type: ignore[attr-defined]
CALLED = {
    "load_supernet": hwnas.load_supernet,
    "Study": hwnas.Study.__init__,
    "search": hwnas.Study.search,
    "pick": hwnas.Front.pick,
    "export": Pick.export,
}


def section(title: str) -> str:
    """A part of the README, without its heading."""
    found = re.search(rf"^## {re.escape(title)}$\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no part {title!r}"
    return found[1]


def rows(part: str) -> list[list[str]]:
    """Cells of a table, without its head."""
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def blocks(kind: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_there_are_commands() -> None:
    assert len(commands()) > 5
    assert list(GROUP) == commands()


@pytest.mark.parametrize("command", commands())
def test_every_command_ends_its_help_with_an_example_that_its_parser_takes(command: str) -> None:
    program, name, *arguments = shlex.split(GROUP[command].help.rpartition("Example: ")[2])
    assert (program, name) == ("hwnas", command)
    GROUP[command].make_context(command, arguments)  # exits on an option or a value that does not exist


def test_the_table_of_commands_is_what_the_commands_say_of_themselves() -> None:
    told = [
        [f"`{help_.rpartition('Example: ')[2].strip()}`", help_.partition("\n\n")[0]]
        for help_ in (GROUP[command].help for command in commands())
    ]
    assert rows(section("Commands")) == told


def test_no_document_names_a_command_that_does_not_exist() -> None:
    named = {name for path in DOCUMENTS for name in re.findall(r"`hwnas ([a-z_]+)", path.read_text())}
    assert named <= set(commands())


@pytest.mark.parametrize(
    ("path", "source"),
    [(path, source) for path in DOCUMENTS for source in blocks("python run", path.read_text())],
    ids=lambda x: x.name if isinstance(x, Path) else "",
)
def test_python_that_should_run_does(path: Path, source: str, capsys: pytest.CaptureFixture[str]) -> None:
    scope: dict[str, object] = {}
    exec(compile(source, path.name, "exec"), scope)  # noqa: S102  our own words
    made = scope.get("supernet", scope.get("task"))
    assert isinstance(made, hwnas.Supernet | hwnas.Task)
    assert isinstance(made, hwnas.Task) or made.space.count() > 1
    assert "print(" not in source or capsys.readouterr().out


def test_the_three_lines_call_what_there_is() -> None:
    (source,) = blocks("python")
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    assert len(source.splitlines()) == 3
    assert {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)} == set(CALLED)
    for call in calls:
        assert isinstance(call.func, ast.Attribute)
        owner = [] if call.func.attr == "load_supernet" else [None]
        given = {keyword.arg: None for keyword in call.keywords if keyword.arg}
        inspect.signature(CALLED[call.func.attr]).bind(*owner, *call.args, **given)


@pytest.mark.parametrize("row", rows(section("Add a thing: one file each")), ids=lambda row: row[0])
def test_every_kind_of_thing_has_its_folder_and_its_suite(row: list[str]) -> None:
    _, folder, _, suite = (cell.strip("`") for cell in row)
    assert names(Path(folder).name)
    assert (ROOT / suite).is_file()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", path.read_text()) if not link.startswith("http")]
    for link in links:
        file, _, part = link.partition("#")
        target = path.parent / file
        assert target.exists(), f"{path.name} links to {link}"
        titles = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE) if part else []
        assert not part or part in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_files_that_documents_name_exist(path: Path) -> None:
    ours = r"`((?:hwnas|tests|benchmarks|docs|supernets|latency_tables|\.ci)/[\w./-]*)`"
    missing = [name for name in re.findall(ours, path.read_text()) if not (ROOT / name).exists()]
    assert [name for name in missing if "/room/" not in name] == []


@pytest.mark.skipif(not QUALITY.is_file(), reason="the supernet's quality is not measured yet")
def test_the_quality_of_the_supernet_in_the_readme_is_the_one_measured() -> None:
    done = subprocess.run([sys.executable, ROOT / "benchmarks" / "quality_table.py", "--check"], check=False)
    assert done.returncode == 0


def test_the_changelog_knows_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.search(rf"^## {re.escape(version)} - ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


STRATEGIES = re.findall(r"^\| `(\w+)` \|.*\|([^|]*)\|$", (ROOT / "docs" / "strategies.md").read_text(), re.MULTILINE)


def test_every_strategy_is_in_the_table_of_strategies_once() -> None:
    assert sorted(name for name, _ in STRATEGIES) == names("strategies")


@pytest.mark.parametrize(("name", "settings"), STRATEGIES)
def test_settings_in_the_table_of_strategies_exist(name: str, settings: str) -> None:
    known = inspect.signature(find("strategies", name)).parameters  # type: ignore[arg-type]
    assert set(re.findall(r"`(\w+)`", settings)) <= set(known)


def test_every_device_is_in_the_table_of_devices_once() -> None:
    cells = [row[0] for row in rows((ROOT / "docs" / "devices.md").read_text().partition("\n## ")[0])]
    assert sorted(name for cell in cells for name in re.findall(r"`(\w+)", cell)) == names("devices")
