"""What a search says it will take is what it then takes; a time is turned into evaluations once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.errors import InputError
from hwnas.pipeline.selection.cost_estimate import FEWEST_EVALUATIONS, Foreseen, fitting
from tests.pipeline.conftest import reopened
from tests.runs import rows, tiny_run


def test_evaluations_timings_and_megabytes_are_those_that_follow(tmp_path: Path) -> None:
    before = size(tiny_run(tmp_path))
    study = reopened(tmp_path)
    foreseen = study.foresee(16, samples=24)
    assert rows(tmp_path / "study.db", "timings") == rows(tmp_path / "study.db", "results") == 0
    study.report(study.search(16, samples=24))
    done = sum(len(study.run.archive.results(name)) for name in study.run.archive.searches())
    assert foreseen.evaluations == done == 32
    timed = rows(tmp_path / "study.db", "timings")
    assert 0.7 * timed <= foreseen.timings <= 1.2 * timed  # wide intervals get more rounds, small fronts fewer
    study.run.archive.close()
    assert 0.5 < foreseen.size_bytes / (size(tmp_path) - before) < 2


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_what_is_done_is_not_foreseen_again(searched: Path) -> None:
    study = reopened(searched)
    assert study.foresee(16, samples=24).evaluations == 0
    further = study.foresee(20, samples=24)
    assert further.evaluations == 40  # another number is another sequence, though answers are shared
    assert further.timings < study.foresee(16, samples=25).timings  # a larger profile is missing


REST = st.builds(
    Foreseen, st.just(0), st.just(100), st.floats(0, 1e4), st.just(1.0), st.floats(1e-3, 1e3)
)  # fmt: skip


@given(REST, st.floats(1, 1e6), st.none() | st.integers(FEWEST_EVALUATIONS, 1000))
def test_as_many_evaluations_as_fit_beside_the_rest(rest: Foreseen, seconds: float, most: int | None) -> None:
    needed = rest.seconds + 2 * FEWEST_EVALUATIONS * rest.evaluation_seconds
    if needed > seconds:
        if needed > seconds * 1.001:
            with pytest.raises(InputError, match=r"of at least 16 evaluations takes about .* min here"):
                fitting(seconds, rest, most)
        return
    found = fitting(seconds, rest, most)
    assert rest.seconds + 2 * found * rest.evaluation_seconds <= seconds * 1.001
    longer = rest.seconds + 2 * (found + 1) * rest.evaluation_seconds
    assert found == most or longer > seconds * 0.999


def test_a_time_gives_the_same_number_of_evaluations_when_the_search_is_continued(searched: Path) -> None:
    study = reopened(searched)
    rest = study.foresee(16, samples=24)
    seconds = rest.seconds + 2 * 20.5 * rest.evaluation_seconds
    front = study.search(samples=24, seconds=seconds)
    assert FEWEST_EVALUATIONS <= front.search.asked <= 40
    assert 0 < front.evaluations <= front.search.asked
    again = reopened(searched)
    assert again.foresee(samples=24, seconds=seconds).evaluations <= 2 * front.search.asked - front.evaluations
    assert again.search(samples=24, seconds=seconds).search.asked == front.search.asked
    assert "</html>" in again.report(again.front()).read_text()
