"""Limits as commands take them, from the timing of a model to what is handed out."""

import pytest

from hwnas.cli._limits import parse_limits
from hwnas.contracts.errors import InputError
from hwnas.contracts.figures import FIGURES
from hwnas.pipeline.selection.limits import Limits


def test_every_figure_has_an_option_that_takes_its_unit() -> None:
    asked = {figure.option: figure.example for figure in FIGURES} | {"worst_score": "92%"}
    limits = parse_limits(asked)
    assert limits.bounds.keys() == {figure.name for figure in FIGURES}
    assert limits.worst_score == 0.92
    assert limits.bounds["peak_memory_bytes"] == 4e7
    assert parse_limits(dict.fromkeys(asked)) == Limits()
    with pytest.raises(InputError, match="with its unit, such as 500kB or 2MB, got '5ms'"):
        parse_limits({"max_memory": "5ms"})
