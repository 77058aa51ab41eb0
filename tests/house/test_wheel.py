"""The wheel holds what a user needs: code, and the rooms of data."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from hwnas.testing._suite import NEEDED

ROOT = Path(__file__).parents[2]
ROOMS = ("latency_tables", "micro_bench", "predictors", "supernets")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
HATCH = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]


def hwnas_in(folder: Path, code: str) -> str:
    """What `code` prints where `folder` is the only place that has hwnas."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="a wheel is built by hatchling, which is not installed here")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_every_room_of_data_is_named_for_the_wheel_and_is_not_empty() -> None:
    assert HATCH["force-include"] == {room: f"hwnas/_shipped/{room}" for room in ROOMS}
    assert [room for room in ROOMS if not any((ROOT / room).iterdir())] == []


def test_the_extra_for_the_contract_suites_is_what_they_need_with_the_bounds_of_our_own_tests() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    assert {requirement.partition(">=")[0] for requirement in extras["testing"]} == set(NEEDED)
    assert set(extras["testing"]) <= set(extras["test"])


@pytest.mark.parametrize("room", ROOMS)
def test_the_wheel_has_every_file_of_a_room_of_data(unpacked: Path, room: str) -> None:
    def held(folder: Path) -> set[Path]:
        return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}

    assert held(unpacked / "hwnas" / "_shipped" / room) == held(ROOT / room)


def test_the_wheel_has_the_code_with_the_pages_parts_and_nothing_of_the_tests(unpacked: Path) -> None:
    assert {path.name for path in (unpacked / "hwnas" / "report").glob("_page.*")} == {
        "_page.css",
        "_page.html",
        "_page.js",
    }
    assert {path.name.partition("-")[0] for path in unpacked.iterdir()} == {"hwnas"}


def test_an_installed_hwnas_loads_the_supernet_it_ships(unpacked: Path) -> None:
    code = "import hwnas; print(hwnas.__file__, len(hwnas.load_supernet('fashion_mnist').space.choices))"
    place, choices = hwnas_in(unpacked, code).split()
    assert Path(place).is_relative_to(unpacked)
    assert int(choices) > 0
