"""One thread for small linear algebra: its matrices are done before a second thread has woken up.

The threads of BLAS and OpenMP spin while they wait for one another. Where another process has taken the processor from
one of them, all wait, and a solve of a fraction of a millisecond takes many. What searches and predictors compute is
that small, so they do it on one thread, and leave everybody else's arithmetic as it is.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

_P = ParamSpec("_P")
_R = TypeVar("_R")
_BRING_THREADS = ("numpy", "scipy", "sklearn", "torch")  # each loads pools of its own


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit every BLAS and OpenMP pool that is loaded to one thread, and restore them afterwards."""
    with _pools(tuple(name for name in _BRING_THREADS if name in sys.modules)).limit(limits=1):
        yield


def on_one_thread(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The function, run in `one_thread`."""

    @wraps(function)
    def limited(*args: _P.args, **settings: _P.kwargs) -> _R:
        with one_thread():
            return function(*args, **settings)

    return limited


@lru_cache(maxsize=4)
def _pools(_loaded: tuple[str, ...]) -> ThreadpoolController:
    """Looking for the pools takes milliseconds, so it is done once for each set of libraries that brought some."""
    return ThreadpoolController()
