"""What is known at the start is refused at the start: nothing is timed, and nothing is evaluated."""

from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.pipeline.study import Study
from hwnas.supernet import Supernet
from tests.plugged import Simulated, tiny_task
from tests.runs import rows, tiny_supernet


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"evaluations": 2.5}, "number of evaluations"),
        ({"evaluations": 0}, "number of evaluations"),
        ({"samples": -1}, "number of samples"),
        ({"samples": "60"}, "number of samples"),
        ({"finalists": 0}, "number of finalists"),
        ({"seconds": "10min"}, "time of a search in seconds"),
        ({"strategy": "surogate"}, "surrogate"),
    ],
)
def test_a_search_that_cannot_be_asked_for(tmp_path: Path, asked: dict[str, object], said: str) -> None:
    device = Simulated()
    with pytest.raises(InputError, match=said):
        Study(tmp_path, tiny_supernet(), tiny_task(), device).search(**asked)  # type: ignore[arg-type]
    assert device.timed == []
    assert rows(tmp_path / "study.db", "results") == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"seed": -1}, "seed of a study"), ({"seed": "0"}, "seed of a study"), ({"preset": "fast"}, "rapid")],
)
def test_a_study_that_cannot_be_made(tmp_path: Path, asked: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Study(tmp_path / "run", tiny_supernet(), tiny_task(), Simulated(), **asked)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_tables_to_transfer_from_beside_a_table(finished: Path, tmp_path: Path) -> None:
    (table,) = (finished / "latency_tables").glob("*.json")
    with pytest.raises(InputError, match="tables to transfer from beside it"):
        Study(tmp_path / "run", tiny_supernet(), tiny_task(), f"table:{table}", transfer_from=[table])


def test_a_study_made_in_python_keeps_its_supernet(tmp_path: Path) -> None:
    made = Study(tmp_path, tiny_supernet(), tiny_task(), Simulated())
    assert Supernet.load(tmp_path, made.space).digest() == made.supernet.digest()
