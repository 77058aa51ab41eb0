"""Rows of the archive: what is written comes back, and a bit that changed is noticed."""

import math

import pytest

from hwnas.archive._rows import checked, checksum, provenance_text, result_row, to_result, to_trial, trial_row
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.trial import Result, Trial

TRIAL = Trial(Architecture({"depth": 2, "wide": True, "name": "a"}), "epoch3", 7)


def test_a_result_comes_back_as_it_was() -> None:
    provenance = {"device": "d", "code": "c", "more": "m"}
    result = Result(TRIAL, {"b": 1.0, "a": 2.5}, 0.75, (0.1, 0.2), None, provenance)
    row = result_row(result)
    assert to_result(row) == result
    assert row[-3:-1] == ("d", "c")
    assert to_trial(trial_row(TRIAL)) == TRIAL


def test_a_failure_comes_back_with_its_sentence() -> None:
    result = Result(TRIAL, {}, 1.0, error="no memory")
    assert to_result(result_row(result)) == result


@pytest.mark.parametrize("column", range(10))
def test_a_changed_column_is_noticed(column: int) -> None:
    row = list(result_row(Result(TRIAL, {"a": 2.5}, provenance={"device": "d", "code": "c"})))
    row[column] = "something else"
    with pytest.raises(ValueError, match="a row of results is not as it was written"):
        to_result(row)


def test_checksums_are_crc_32_of_the_columns_as_json() -> None:
    assert checksum("a", 1) == 0x4CCBC44A
    assert checked("any", ("a", 1, 0x4CCBC44A)) == ("a", 1)


@pytest.mark.parametrize("figure", [math.nan, math.inf, -math.inf])
def test_a_figure_that_is_no_number_is_not_stored(figure: float) -> None:
    with pytest.raises(InputError, match=f"got b = {figure}"):
        result_row(Result(TRIAL, {"a": 1.0, "b": figure}))


def test_the_same_provenance_is_the_same_text() -> None:
    assert provenance_text({"b": "2", "a": "1"}) == provenance_text({"a": "1", "b": "2"}) == '{"a": "1", "b": "2"}'
