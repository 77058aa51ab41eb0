import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from hwnas.contracts.errors import InputError
from hwnas.formats._format import Imported, Wishes, read_published
from hwnas.formats._source import Source
from hwnas.formats.once_for_all import _DEFAULTS
from hwnas.pipeline.open import space_of
from hwnas.spaces.mobilenetv3 import _Settings
from tests.formats.published import FIXED, SIDE, cost, operators

SETTINGS = {
    "input_shape": (3, SIDE, SIDE), "stem_width": 8, "stage_widths": (16, 24, 32, 40, 48), "final_width": 64,
    "feature_width": 96,
}  # fmt: skip


def read(path: Path, content: str, wishes: Wishes = Wishes()) -> Imported:  # noqa: B008  frozen
    path.write_text(content)
    return read_published(Source(path), None, wishes)[2]


def test_a_networks_latency_is_the_sum_of_its_operators(tmp_path: Path) -> None:
    found = read(tmp_path / "t.yaml", yaml.safe_dump(operators()))
    assert found.parameters == SETTINGS
    space = space_of(found.space, found.parameters)
    for genome in space.sample(20, np.random.default_rng(0)):
        architecture = space.decode(genome)
        chosen = [p for p in found.parts if all(architecture.get(n) == o for n, o in p.when.items())]
        truth = FIXED
        for stage in range(5):
            for block in range(int(architecture[f"stage{stage + 1}.depth"])):
                place = f"stage{stage + 1}.block{block + 1}"
                truth += cost(
                    stage, block, int(architecture[f"{place}.kernel"]), int(architecture[f"{place}.expansion"])
                )
        assert sum(part.latency_ms for part in chosen) == pytest.approx(truth)


def test_several_tables_in_one_file_are_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    content = json.dumps({"phone": operators(), "board": operators()})
    with pytest.raises(InputError, match="2 tables; choose with --table one of: board, phone"):
        read(path, content)
    assert read(path, content, Wishes(table="phone")).parameters == SETTINGS


def test_expansions_may_be_widths_or_ratios(tmp_path: Path) -> None:
    by_width = read(tmp_path / "w.json", json.dumps(operators()))
    by_ratio = read(tmp_path / "r.json", json.dumps(operators(relative=True)))
    assert by_ratio.parts == by_width.parts


def test_an_operator_that_is_missing_is_named(tmp_path: Path) -> None:
    table = operators()
    del table[next(name for name in table if "kernel:7" in name and "idskip:1" in name)]
    with pytest.raises(InputError, match=r"lacks the operator expanded_conv-input:.*kernel:7"):
        read(tmp_path / "t.json", json.dumps(table))


def test_a_table_of_many_resolutions_asks_for_the_space(tmp_path: Path) -> None:
    table = {**operators(), "Conv-input:64x64x3-output:32x32x8": {"mean": 1.0}}
    with pytest.raises(InputError, match=r"2 first convolutions.*--space"):
        read(tmp_path / "t.json", json.dumps(table))
    assert read(tmp_path / "t.json", json.dumps(table), Wishes(parameters=SETTINGS)).parts


def test_another_family_is_refused(tmp_path: Path) -> None:
    table = {name: value for name, value in operators().items() if "x48-" not in name}
    with pytest.raises(InputError, match="not of the MobileNetV3 family"):
        read(tmp_path / "t.json", json.dumps(table))


@pytest.mark.parametrize("mean", [0, -1, "fast", None])
def test_a_time_that_is_none_is_refused(tmp_path: Path, mean: object) -> None:
    table = {**operators(), "Logits-input:1x1x96-output:1000": {"mean": mean}}
    with pytest.raises(InputError, match=r"Operator Logits.*needs a latency above 0"):
        read(tmp_path / "t.json", json.dumps(table))


@pytest.mark.parametrize(
    ("odd", "field"),
    [
        ("Conv-input:32x32-output:wide", "output"),
        ("Conv-input:32xWx3-output:16x16x8", "input"),
        ("Conv-input:0x0x0-output:16x16x8", "input"),
        ("Conv-input:32x32x3", "output"),
    ],
)
def test_a_name_without_the_sizes_it_should_have_is_refused(tmp_path: Path, odd: str, field: str) -> None:
    table = operators()
    table = {odd if name.startswith("Conv-") else name: figures for name, figures in table.items()}
    with pytest.raises(InputError, match=f"Operator {odd} should say {field}"):
        read(tmp_path / "t.json", json.dumps(table))


@pytest.mark.parametrize("odd", ["expanded_conv-expand:960", "expanded_conv-input:7x7x160-expand:many"])
def test_an_expansion_that_cannot_be_told_is_refused(tmp_path: Path, odd: str) -> None:
    table = {**operators(), odd: {"mean": 1.0}}
    with pytest.raises(InputError, match=f"Operator {odd} should say"):
        read(tmp_path / "t.json", json.dumps(table))


def test_what_a_table_leaves_out_is_as_in_the_full_size_space() -> None:
    full = _Settings()
    assert {name: getattr(full, name) for name in _DEFAULTS} == _DEFAULTS
