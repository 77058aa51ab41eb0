"""Documents that make no sense are refused in one sentence, whichever file of a run they are in."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hwnas.contracts.document import Document, WithFigures
from hwnas.contracts.errors import HwnasError
from hwnas.export import manifest as manifests
from hwnas.pipeline.delivery.front import Front
from hwnas.predictors import load
from hwnas.profiling.table import LatencyTable
from tests.pipeline.conftest import finished as finished  # noqa: PLC0414  a fixture

READERS: dict[str, Callable[[Path], object]] = {
    "front.json": Front.read,
    "latency_tables/*.json": LatencyTable.read,
    "subnets/*.json": manifests.read,
    "predictors/*/card.json": lambda path: load(path.parent),
}


def documents(run: Path) -> Iterator[tuple[Path, Callable[[Path], object]]]:
    for pattern, reader in READERS.items():
        yield sorted(run.glob(pattern))[0], reader


def places(content: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a JSON document there is a plain value, of long lists the first two entries."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from places(value, (*place, name))
    elif isinstance(content, list):
        for i, value in enumerate(content[:2]):
            yield from places(value, (*place, i))
    else:
        yield place


def changed(content: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = dict(content) if isinstance(content, dict) else list(content)
    copy[place[0]] = changed(content[place[0]], place[1:], value)
    return copy


def value_at(content: Any, place: tuple[Any, ...]) -> Any:
    for name in place:
        content = content[name]
    return content


def refused(reader: Callable[[Path], object], path: Path) -> bool:
    """Whether a file is refused, in one sentence; whatever else is raised ends the test."""
    try:
        reader(path)
    except HwnasError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 1000
        return True
    return False


FREE = {"architecture", "parameters", "settings", "training", "reference", "reasons", "recipe"}  # what users name


@pytest.mark.parametrize("word", ["true", "NaN", "Infinity", '"7"', "[]", "1e999"])
def test_a_figure_that_is_no_number_is_refused_wherever_it_stands(finished: Path, tmp_path: Path, word: str) -> None:
    for path, reader in documents(finished):
        content = json.loads(path.read_text())
        figures = [p for p in places(content) if type(value_at(content, p)) in {int, float} and not FREE & set(p)]
        assert figures, path
        spoilt = tmp_path / path.name
        (tmp_path / "model.onnx").write_bytes(b"")
        for place in figures:
            spoilt.write_text(json.dumps(changed(content, place, "HERE")).replace('"HERE"', word))
            assert refused(reader, spoilt), (path.name, place, word)


@pytest.mark.parametrize(
    ("pattern", "place", "value"),
    [
        ("front.json", ("members", 0, "score"), 3.5),
        ("front.json", ("members", 0, "score_interval"), [0.9, 0.1]),
        ("front.json", ("members", 0, "latency_ms_interval"), [9.0, 8.0]),
        ("front.json", ("members", 0, "latency_ms"), -1.0),
        ("front.json", ("members", 0, "parity_top1_agreement"), 1.5),
        ("front.json", ("members", 0, "key"), "0" * 12),
        ("front.json", ("smallest", "score"), 7.0),
        ("front.json", ("hypervolume", "random"), -1.0),
        ("front.json", ("device", "cores"), "two"),
        ("front.json", ("members",), []),
        ("latency_tables/*.json", ("rows", 0, "latency_ms"), 0.0),
        ("latency_tables/*.json", ("rows", 0, "rounds"), 0),
        ("latency_tables/*.json", ("device", "threads"), True),
        ("latency_tables/*.json", ("verdict", "state"), "fine"),
        ("subnets/*.json", ("score",), 93.0),
        ("subnets/*.json", ("latency_ms_interval",), [9.0, 8.0]),
        ("predictors/*/card.json", ("honesty", "mean_error"), 0.0),
        ("predictors/*/card.json", ("honesty", "samples"), 10_000),
    ],
)
def test_what_makes_no_sense_is_refused(
    finished: Path, tmp_path: Path, pattern: str, place: tuple[Any, ...], value: Any
) -> None:
    path = sorted(finished.glob(pattern))[0]
    content = json.loads(path.read_text())
    spoilt = tmp_path / path.name
    spoilt.write_text(json.dumps(changed(content, place, value)))
    assert refused(READERS[pattern], spoilt)


@pytest.mark.parametrize(("pattern", "rows"), [("front.json", "members"), ("latency_tables/*.json", "rows")])
def test_one_architecture_twice_is_refused(finished: Path, tmp_path: Path, pattern: str, rows: str) -> None:
    path = sorted(finished.glob(pattern))[0]
    content = json.loads(path.read_text())
    (tmp_path / path.name).write_text(json.dumps({**content, rows: [*content[rows], content[rows][0]]}))
    with pytest.raises(HwnasError, match="twice"):
        READERS[pattern](tmp_path / path.name)


@pytest.mark.parametrize("seed", range(3))
def test_damaged_files_are_read_or_refused_in_a_sentence(finished: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    for path, reader in documents(finished):
        raw = path.read_bytes()
        for _ in range(40):
            spoilt, at = bytearray(raw), rng.randrange(len(raw))
            if rng.random() < 0.7:
                spoilt[at] ^= 1 << rng.randrange(8)
            else:
                del spoilt[at:]
            (tmp_path / path.name).write_bytes(spoilt)
            refused(reader, tmp_path / path.name)


def test_a_card_of_a_predictor_with_any_bit_changed_is_refused(finished: Path, tmp_path: Path) -> None:
    path = sorted(finished.glob("predictors/*/card.json"))[0]
    (tmp_path / "model.onnx").write_bytes((path.parent / "model.onnx").read_bytes())
    (tmp_path / "card.json").write_bytes(path.read_bytes())
    load(tmp_path)
    raw, rng, meaning = path.read_bytes(), random.Random(0), json.loads(path.read_text())
    for _ in range(60):
        at = rng.randrange(len(raw))
        spoilt = raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :]
        (tmp_path / "card.json").write_bytes(spoilt)
        if not refused(lambda p: load(p.parent), tmp_path / "card.json"):
            assert json.loads(spoilt) == meaning, "a space that became a tab"


def test_every_model_of_a_document_is_strict() -> None:
    """Also those that a later file declares: whatever pydantic reads from disk comes from `Document`."""
    kinds = [Document]
    for kind in kinds:
        kinds += kind.__subclasses__()
    parts = {k for k in kinds if k.model_config.get("extra") == "ignore"}  # the rest is left to that file's own reader
    assert {k.__name__ for k in parts} == {"CardHolder", "_Moment"}
    with_figures = {k for k in kinds if issubclass(k, WithFigures)}  # their further fields are looked at one by one
    strict = {k for k in kinds if k.model_config.get("strict") and k.model_config.get("extra") == "forbid"}
    assert [k for k in kinds if k not in strict | with_figures | parts] == []
    assert all(k.model_config.get("strict") for k in with_figures | parts)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ('{"smell": 1.0}', "there is no field 'smell'"),
        ('{"smell": "x"}', "smell: Input should be a valid number"),
        *((f'{{"load_ms": {value}}}', "load_ms: ") for value in ('"7"', "true", "1e999", "-1", "[]")),
    ],
)
def test_figures_of_a_document_are_those_declared_and_numbers_from_zero_on(raw: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        WithFigures.parse(raw)
    assert WithFigures.parse('{"load_ms": 2, "p95_ms": null}').extra == {"load_ms": 2.0}
