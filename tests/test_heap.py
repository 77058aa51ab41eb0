"""Freed memory stays while tensors come and go, and goes back to the system in the end."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from hwnas.heap import kept_memory

PAGES = 64 * 2**20 // resource.getpagesize()
MOST_HELD = 50

pytestmark = pytest.mark.skipif(
    "CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", ()), reason="a heap of another library"
)


def new_pages() -> int:
    """That the system hands out while 64 MB come and go in a few tensors."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    tensors = [torch.ones(megabytes * 2**20 // 4) for megabytes in (34, 20, 10)]
    del tensors
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.fixture
def _hole() -> Iterator[None]:
    """Freed memory between what is in use, as other tests may leave it."""
    with kept_memory(give_back=False):
        below, above = torch.ones(100 * 2**20 // 4), torch.ones(2**20 // 4)
        del below
    yield
    del above


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])


@pytest.mark.usefixtures("_hole")
def test_a_tensor_is_made_of_what_the_last_one_left() -> None:
    held = []  # what fills the holes that others left, of which tensors would be made without any new page
    while not (without := min(new_pages() for _ in range(3))) and len(held) < MOST_HELD:
        held.append(torch.ones(34 * 2**20 // 4))
    with kept_memory():
        for _ in range(5):
            new_pages()
        assert new_pages() < min(PAGES / 100, without)


def test_what_was_kept_goes_back_also_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), kept_memory():
        new_pages()
        kept = resident()
        raise ZeroDivisionError
    assert resident() < kept - PAGES / 2


def test_the_inner_of_two_leaves_memory_to_the_outer() -> None:
    with kept_memory():
        with kept_memory():
            pass
        for _ in range(5):
            new_pages()
        assert new_pages() < PAGES / 100


def test_it_stays_where_as_much_will_be_wanted_again() -> None:
    for give_back in (False, True):
        with kept_memory(give_back=give_back):
            for _ in range(5):
                new_pages()
            kept = resident()
        assert (resident() < kept - PAGES / 4) == give_back
