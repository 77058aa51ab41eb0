"""Options whose word may be left out."""

import pytest

from hwnas.cli._left_out import LeftOut, with_left_out

OPTIONS = {"--bits": LeftOut("block", ("block", "layer"))}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["run", "--bits"], ["run", "--bits", "block"]),
        (["run", "--bits", "layer"], ["run", "--bits", "layer"]),
        (["--bits", "run"], ["--bits", "block", "run"]),
        (["--bits", "--force", "run"], ["--bits", "block", "--force", "run"]),
        (["--bits=all", "run"], ["--bits=all", "run"]),
        (["--", "--bits"], ["--", "--bits"]),
        (["run"], ["run"]),
    ],
)
def test_a_word_that_is_left_out_is_put_in(given: list[str], meant: list[str]) -> None:
    assert list(with_left_out(given, OPTIONS)) == meant
