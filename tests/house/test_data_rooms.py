"""Data rooms hold data with valid cards and never code; code rooms hold no data."""

import json
import re
from pathlib import Path

import pytest

from hwnas.contracts.finding import names
from hwnas.pipeline.open import open_space
from hwnas.predictors._storage import load as load_predictor
from hwnas.profiling.table import LatencyTable
from hwnas.supernet import Supernet
from hwnas.tasks._idx import read_idx

ROOT = Path(__file__).parents[2]
ROOMS = ("latency_tables", "micro_bench", "predictors", "supernets")
DATA = {".json", ".onnx", ".safetensors", ".gz", ".md", ".txt"}
SETTINGS = ("cpu-threads=1", "cpu-threads=2", "cpu-threads=1-precision=int8", "openvino-threads=1")
CODE = {".py", ".css", ".html", ".js"}


def files(folder: str) -> list[Path]:
    return sorted(p for p in (ROOT / folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def data(pattern: str) -> list[Path]:
    """What is there of a kind; nothing yet is no fault."""
    return sorted(ROOT.glob(pattern))


@pytest.mark.parametrize("room", ROOMS)
def test_data_rooms_hold_data_only(room: str) -> None:
    strange = [
        str(p.relative_to(ROOT)) for p in files(room) if p.suffix not in DATA and p.name not in {".gitkeep", "LICENSE"}
    ]
    assert strange == []
    assert not [p for p in files(room) if p.stat().st_mode & 0o111], "data is not executable"


def test_code_rooms_hold_code_only() -> None:
    strange = [p for p in files("hwnas") if p.suffix not in CODE and p.name != "py.typed"]
    assert [str(p.relative_to(ROOT)) for p in strange if "_shipped" not in p.parts] == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_json_file_of_a_data_room_says_its_schema_version(room: str) -> None:
    for path in files(room):
        if path.suffix == ".json":
            assert json.loads(path.read_text())["schema_version"] >= 1, path


SHIPPED = sorted(path.name for path in ROOT.glob("latency_tables/*") if path.is_dir())


def test_shipped_latency_tables_are_of_spaces_that_are_there() -> None:
    assert set(SHIPPED) <= set(names("spaces"))
    assert SHIPPED


@pytest.mark.parametrize("space", SHIPPED)
def test_a_space_that_ships_latency_tables_has_one_of_every_setting(space: str) -> None:
    assert {path.stem for path in data(f"latency_tables/{space}/*.json")} >= set(SETTINGS)


@pytest.mark.parametrize("path", data("latency_tables/*/*.json"), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_latency_tables_are_whole_and_of_the_space_and_setting_they_are_named_by(path: Path) -> None:
    table = LatencyTable.read(path)
    assert table.is_of(open_space(path.parent.name))
    assert len(table.rows) >= 60
    setting = re.sub("[:,]", "-", re.sub(",python=[^,]*", "", table.device.device))
    assert path.stem == setting
    assert table.device.precision == ("int8" if "int8" in setting else "float32")
    assert table.verdict.state in ("stable", "noisy")
    assert path.stat().st_size < 150_000


@pytest.mark.parametrize("path", data("predictors/*/*/card.json"), ids=lambda p: p.parent.name)
def test_predictors_load_and_carry_their_honesty_card(path: Path) -> None:
    card = load_predictor(path.parent).card
    assert card.samples > 0
    assert card.held_out > 0
    assert path.with_name("model.onnx").is_file()


@pytest.mark.parametrize("path", data("supernets/*"), ids=lambda p: p.name)
def test_supernets_load_by_their_own_card_and_say_how_they_were_trained(path: Path) -> None:
    supernet = Supernet.load(path)
    assert supernet.record["task"] in names("tasks")
    assert int(str(supernet.record["steps"])) > 0
    stated = json.loads((path / "supernet.json").read_text())
    assert stated["record"] == json.loads(json.dumps(supernet.record))


@pytest.mark.parametrize("path", data("supernets/*/images"), ids=lambda p: p.parent.name)
def test_shipped_images_are_whole_and_have_a_label_each(path: Path) -> None:
    for split in ("search", "report"):
        images = read_idx(path, f"{split}-images-idx3-ubyte", 3)
        assert len(images) == len(read_idx(path, f"{split}-labels-idx1-ubyte", 1)) > 0
