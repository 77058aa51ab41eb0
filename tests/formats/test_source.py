import gzip
import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.formats import _source
from hwnas.formats._format import Wishes, read_published
from hwnas.formats._source import Source


class Trap:
    """Would write a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (str(self.path), "w"))


def numpy_bytes() -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return out.getvalue()


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", ["latency.pkl", "latency.json", "latency.csv", "latency.yaml.gz"])
def test_a_pickle_is_refused_and_not_run_whatever_it_is_called(tmp_path: Path, name: str, protocol: int) -> None:
    raw = pickle.dumps({"a": Trap(tmp_path / "sprung")}, protocol)
    path = tmp_path / name
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    with pytest.raises(InputError, match="is a pickle, or may hold one"):
        Source(path)
    assert not (tmp_path / "sprung").exists()


def test_tensors_and_arrays_are_refused_for_they_may_be_pickles(tmp_path: Path) -> None:
    torch.save([1.0, 2.0], tmp_path / "cpu.dat")
    (tmp_path / "array.dat").write_bytes(numpy_bytes())
    for name in ("cpu.dat", "array.dat"):
        with pytest.raises(InputError, match="pickle"):
            Source(tmp_path / name)


def test_yaml_is_plain_data_only(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("Conv-input:3x3x3: {mean: 1.5, count: 3}\n")
    assert Source(path).content == {"Conv-input:3x3x3": {"mean": 1.5, "count": 3}}
    path.write_text(f"a: !!python/object/apply:builtins.open [{tmp_path / 'sprung'}, w]\n")
    with pytest.raises(InputError, match="not plain YAML"):
        _ = Source(path).content
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["t.json", "t.yaml"])
def test_brackets_within_brackets_without_end_are_no_content(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("[" * 100_000)
    with pytest.raises(InputError, match=r"in no format|more than 50 levels|not plain YAML"):
        read_published(Source(tmp_path / name), None, Wishes())


def test_compressed_files_are_read_and_bombs_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"a": 1}).encode()))
    assert Source(path).content == {"a": 1}
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(InputError, match="cannot be unpacked"):
        Source(path)
    monkeypatch.setattr(_source, "MOST_BYTES", 1000)
    path.write_bytes(gzip.compress(bytes(1001)))
    with pytest.raises(InputError, match="unpacks to more than 1000 bytes"):
        Source(path)


def test_csv_with_a_mark_at_its_start_and_tabs_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("\ufeffa\tb\n1\t2\n4\t5\n".encode())
    assert Source(path).records == [{"a": "1", "b": "2"}, {"a": "4", "b": "5"}]


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot read"):
        Source(tmp_path / "none.csv")


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"x": [{"a": 1, "b": 2, "a": 3}]}'])
def test_a_key_of_json_that_is_there_twice_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(InputError, match="the key 'a' is there twice"):
        _ = Source(tmp_path / "t.json").content


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_figure_of_json_that_is_no_number_is_refused(tmp_path: Path, word: str) -> None:
    (tmp_path / "t.json").write_text(f'{{"a": {word}}}')
    with pytest.raises(InputError, match=f"{word} is no number"):
        _ = Source(tmp_path / "t.json").content


def test_a_file_that_never_ends_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_source, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="holds more than 1000 bytes"):
        Source(Path("/dev/zero"))
