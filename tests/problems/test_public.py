"""Published tables are looked for where HWNAS_DATA says; what is missing or damaged is one sentence."""

import gzip
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.problems._public import public_rows
from hwnas.problems.nas_bench_201 import EDGES, FILE, nas_bench_201


def written(folder: Path, text: str) -> None:
    (folder / FILE).write_bytes(gzip.compress(text.encode()))


def test_without_the_folder_or_the_file_both_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HWNAS_DATA", raising=False)
    with pytest.raises(InputError, match=f"HWNAS_DATA is not set.*{FILE}"):
        public_rows(FILE)
    monkeypatch.setenv("HWNAS_DATA", str(tmp_path))
    with pytest.raises(InputError, match=f"No {FILE}"):
        public_rows(FILE)


def test_a_damaged_table_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWNAS_DATA", str(tmp_path))
    (tmp_path / FILE).write_bytes(gzip.compress(b"a,b\n1,2\n" * 99)[:20])
    with pytest.raises(InputError, match="Cannot read"):
        public_rows(FILE)
    head = ",".join([*EDGES, "acc_cifar10_test200", "lat_ms_raspi4"])
    written(tmp_path, f"{head}\n0,0,0,0,0,0,90.0,5.0\n")
    with pytest.raises(InputError, match="has 1 of 15,625 cells"):
        nas_bench_201()
    written(tmp_path, f"{head}\n0,0,0,0,0,zero,90.0,5.0\n")
    with pytest.raises(InputError, match="is not the table"):
        nas_bench_201()
    with pytest.raises(InputError, match=r"'pi4'.*raspi4"):
        nas_bench_201("pi4")
