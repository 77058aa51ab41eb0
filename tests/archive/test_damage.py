"""A damaged archive is refused, or says what it said: never another result, in silence."""

import random
from pathlib import Path
from typing import Any

import pytest

from hwnas.archive import Archive
from hwnas.archive.records import FittingRecord, SearchRecord, Sought
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.device import Timing
from hwnas.contracts.errors import InputError
from hwnas.contracts.trial import Result, Trial

PROVENANCE = {"device": "abc", "code": "0.1.0"}
TRIALS = [Trial(Architecture({"depth": i, "kind": "a"})) for i in range(12)]


def filled(path: Path) -> None:
    sought = [Sought(name="accuracy", direction="max")]
    with Archive(path) as archive:
        archive.begin("a", SearchRecord(space="s", objectives=sought, strategy="x", seed=0, provenance=PROVENANCE))
        archive.propose("a", 0, TRIALS)
        for i, trial in enumerate(TRIALS):
            archive.add(Result(trial, {"accuracy": i / 7}, cost_seconds=1.5, curve=(0.1,), provenance=PROVENANCE))
        archive.end("a", 12)
        archive.add_timings("s", [("k", Timing(0, i, 5, 1.0 + i, 2.0, 0.9, None)) for i in range(12)])
        archive.put("n", FittingRecord(evaluations=3))


def told(path: Path) -> list[Any]:
    """Everything an archive says."""
    with Archive(path) as archive:
        return [
            archive.results(),
            archive.results("a"),
            [archive.get(trial, PROVENANCE) for trial in TRIALS],
            archive.searches(),
            archive.ended("a"),
            archive.batches("a"),
            archive.timings("s"),
            archive.record(FittingRecord, "n"),
        ]


def damage(raw: bytes, rng: random.Random) -> bytes:
    """A flipped bit, a byte that is another, a stretch of zeros, or the end cut off."""
    spoilt, at = bytearray(raw), rng.randrange(len(raw))
    kind = rng.randrange(8)
    if kind < 5:
        spoilt[at] ^= 1 << rng.randrange(8)
    elif kind == 5:
        spoilt[at] = rng.randrange(256)
    elif kind == 6:
        spoilt[at : at + 16] = bytes(len(spoilt[at : at + 16]))
    else:
        del spoilt[at:]
    return bytes(spoilt)


def silently_other(path: Path, expected: list[Any], spoilt: bytes) -> bool:
    path.write_bytes(spoilt)
    try:
        return told(path) != expected
    except InputError as error:
        assert "\n" not in str(error)
        return False
    finally:
        for beside in path.parent.glob(f"{path.name}-*"):
            beside.unlink()


@pytest.mark.parametrize("seed", range(2))
def test_a_damaged_archive_never_says_anything_else(tmp_path: Path, seed: int) -> None:
    path, rng = tmp_path / "study.db", random.Random(seed)
    filled(path)
    raw, expected = path.read_bytes(), told(path)
    spoilt = [damage(raw, rng) for _ in range(60)]
    assert [s for s in spoilt if silently_other(path, expected, s)] == []


def test_a_bit_flipped_in_any_row_is_noticed(tmp_path: Path) -> None:
    """Where rows are written: digits of figures, names, numbers."""
    path = tmp_path / "study.db"
    filled(path)
    raw, expected = path.read_bytes(), told(path)
    for text in (b'"depth":1', b"0.14285714", b"accuracy", b'"evaluations":3', b'"device": "abc"', b'"seed":0'):
        at = raw.index(text) + len(text) - 1
        spoilt = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        path.write_bytes(spoilt)
        with pytest.raises(InputError, match=r"study\.db is damaged"):
            told(path)
    path.write_bytes(raw)
    assert told(path) == expected
