import pytest

from hwnas.cli._front_table import print_front, say_evaluated
from tests.pipeline.delivery.test_front import front_of, member


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


def test_every_member_is_a_row_with_its_intervals(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    print_front(front_of([member(0, 2.0, 0.81, 3000), member(1, 5.0, 0.9, 45_600)]))
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines() if "kB" in line]
    assert rows[0][1:] == ["2", "(1.96-2.04)", "50.0%", "(40.4-59.6)", "81.0%", "±1", "3", "kB"]
    assert rows[1][1:] == ["5", "(4.9-5.1)", "50.0%", "(40.4-59.6)", "90.0%", "±1", "46", "kB"]
    assert "Of sub-networks whose expected accuracy differs" in out
