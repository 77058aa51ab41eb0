import pytest

from hwnas.cli._front_table import say_evaluated


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0, 48, ""),
        (48, 48, "All of this was evaluated before; ask for more --evaluations or another --seed to search on.\n"),
        (30, 48, "18 evaluations are new; 30 lay in the folder before.\n"),
    ],
)
def test_a_search_says_what_of_it_was_done_before(
    capsys: pytest.CaptureFixture[str], before: int, after: int, said: str
) -> None:
    say_evaluated(before, after)
    assert capsys.readouterr().out == said
