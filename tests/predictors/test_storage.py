import json
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.predictors import feature_names, features, fit_best, load

WIDE = (3, 4, 6)


def make_space(widths: tuple[int, ...] = WIDE, parameter: int = 1) -> SearchSpace:
    choices = [Choice(f"width{i}", widths) for i in range(4)]
    return SearchSpace(choices, name="toy", parameters={"p": parameter})


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("predictor")
    space = make_space()
    genomes = space.sample(60, np.random.default_rng(0))
    fit_best(features(space, genomes), 1.0 + genomes.sum(axis=1), relative=True, space=space).save(folder)
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    for file in saved.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def test_two_files_are_written_and_nothing_else(saved: Path) -> None:
    assert sorted(file.name for file in saved.iterdir()) == ["card.json", "model.onnx"]


def test_the_card_names_features_and_space(saved: Path) -> None:
    card = json.loads((saved / "card.json").read_text())
    assert card["schema_version"] == 1
    assert card["space"]["name"] == "toy"
    assert tuple(card["feature_names"]) == feature_names(make_space())
    assert card["honesty"]["samples"] == 60


def test_it_is_read_for_its_own_space_only(saved: Path) -> None:
    load(saved, make_space())
    for other in (make_space(parameter=2), make_space((3, 4, 8))):
        with pytest.raises(InputError, match="'toy'"):
            load(saved, other)


def test_it_does_not_learn(saved: Path) -> None:
    with pytest.raises(InputError, match="cannot learn"):
        load(saved).fit(np.ones((3, 12)), np.ones(3))


def test_a_copy_saved_elsewhere_predicts_the_same(saved: Path, tmp_path: Path) -> None:
    load(saved).save(tmp_path)
    rows = np.eye(12)
    np.testing.assert_array_equal(load(tmp_path).predict(rows).high, load(saved).predict(rows).high)


@pytest.mark.parametrize("name", ["model.onnx", "card.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "noise"])
def test_damaged_files_are_refused_in_one_sentence(copy: Path, name: str, damage: str) -> None:
    path = copy / name
    raw = path.read_bytes()
    path.write_bytes({"empty": b"", "cut": raw[: len(raw) // 2], "noise": b"\xff" + raw[1:]}.get(damage, b""))
    if damage == "missing":
        path.unlink()
    with pytest.raises(InputError, match=name):
        load(copy)


def test_one_changed_byte_of_the_model_is_refused(copy: Path) -> None:
    raw = bytearray((copy / "model.onnx").read_bytes())
    raw[len(raw) // 2] ^= 1
    (copy / "model.onnx").write_bytes(raw)
    with pytest.raises(InputError, match="sha256"):
        load(copy)


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"feature_names": ["one"]},
        {"sha256": "0" * 64},
        {"surprise": 1},
        {"honesty": {}},
        {"space": "toy"},
    ],
)
def test_a_card_that_does_not_fit_is_refused(copy: Path, change: dict[str, object]) -> None:
    card = json.loads((copy / "card.json").read_text())
    (copy / "card.json").write_text(json.dumps(card | change))
    with pytest.raises(InputError):
        load(copy)


@pytest.mark.parametrize("figure", ["interval_coverage", "mean_error"])
@pytest.mark.parametrize("value", [float("nan"), -0.5])
def test_impossible_figures_on_a_card_are_refused(copy: Path, figure: str, value: float) -> None:
    card = json.loads((copy / "card.json").read_text())
    card["honesty"][figure] = value
    (copy / "card.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match=r"card\.json"):
        load(copy)
