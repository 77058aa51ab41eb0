"""Small linear algebra runs on one thread, and everybody else's arithmetic is left as it was."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from hwnas.predictors import _calibrated, fit_best
from hwnas.threads import on_one_thread, one_thread


def threads() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info()]


def test_every_pool_has_one_thread_inside_and_its_own_number_again_outside() -> None:
    with threadpool_limits(2):
        before = threads()
        assert max(before) == 2
        with one_thread():
            assert set(threads()) == {1}
        with pytest.raises(ZeroDivisionError), one_thread():
            raise ZeroDivisionError
        assert threads() == before
        assert set(on_one_thread(threads)()) == {1}


def test_a_predictor_learns_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, choose = list[int](), _calibrated.choose

    def watched(*arguments, **settings):  # type: ignore[no-untyped-def]  # noqa: ANN002, ANN003, ANN202
        seen.append(max(threads()))
        return choose(*arguments, **settings)

    monkeypatch.setattr(_calibrated, "choose", watched)
    rows = np.random.default_rng(0).random((30, 2))
    with threadpool_limits(2):
        fit_best(rows, rows.sum(axis=1), relative=True)
    assert set(seen) == {1}
