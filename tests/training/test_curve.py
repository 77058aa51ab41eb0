import json
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.training._curve import CURVE, StepDone, read_curve, write_curve


@pytest.mark.parametrize(("of", "lines"), [(1, 1), (8, 8), (150, 150), (1000, 100), (20_050, 201)])
def test_a_curve_has_a_hundred_points_or_more_and_the_last_step(of: int, lines: int) -> None:
    kept = [step for step in range(1, of + 1) if StepDone(step, of, 0, 0.1, 1.0, {}).is_kept]
    assert len(kept) == lines
    assert kept[-1] == of


def test_a_look_at_the_search_examples_is_a_point_wherever_it_falls(tmp_path: Path) -> None:
    looked = StepDone(7, 1000, 2, 0.05, 21.0, {"largest": 1.5}, {"smallest": 0.25})
    assert looked.is_kept
    write_curve(tmp_path, [])
    assert not (tmp_path / CURVE).exists()
    write_curve(tmp_path, [looked.line()])
    assert json.loads((tmp_path / CURVE).read_text()) == {
        "step": 7, "epoch": 2, "rate": 0.05, "passes": 21.0,
        "losses": {"largest": 1.5}, "figures": {"smallest": 0.25},
    }  # fmt: skip


@pytest.mark.parametrize("text", ["{", "1\n", '{"step": 1}\n', '{"step": "a", "losses": {}}\n'])
def test_a_file_that_is_no_curve_is_refused(text: str, tmp_path: Path) -> None:
    assert read_curve(tmp_path) == []
    (tmp_path / CURVE).write_text(text)
    with pytest.raises(InputError, match="a line of JSON with step and losses"):
        read_curve(tmp_path)
