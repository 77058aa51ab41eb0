"""Memory that stays with the process while tensors come and go.

The C library of Linux gives large pieces of freed memory back to the system at once, and the system hands them out
again page by page, each page cleared first. A training step frees and wants the same tensors over and over, so at
images of 128 pixels a quarter of its processor time can go into that (`benchmarks/kept_memory.py`).
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

# Of malloc.h; the second values are where the library's own adjustment ends that setting either switches off.
_TRIM_THRESHOLD, _MMAP_MAX, _MMAP_THRESHOLD = -1, -4, -3
_MOST_MAPPINGS, _LARGEST_OWN = 65_536, 32 * 2**20
_holders = 0


@contextmanager
def kept_memory(*, give_back: bool = True) -> Iterator[None]:
    """Keep freed memory for the next who asks, and give it back to the system in the end, but where as much will be
    wanted again soon: then `give_back` is false. Without glibc, nothing happens.
    """
    global _holders  # noqa: PLW0603 - the heap is the process's, too
    library = _library()
    _holders += 1
    try:
        if library is not None:
            library.mallopt(_MMAP_MAX, 0)
            library.mallopt(_TRIM_THRESHOLD, -1)
        yield
    finally:
        _holders -= 1
        if library is not None and not _holders:
            library.mallopt(_MMAP_MAX, _MOST_MAPPINGS)
            library.mallopt(_MMAP_THRESHOLD, _LARGEST_OWN)
            library.mallopt(_TRIM_THRESHOLD, 2 * _LARGEST_OWN)
            if give_back:
                library.malloc_trim(0)


@cache
def _library() -> ctypes.CDLL | None:
    """The C library, where it is glibc."""
    return ctypes.CDLL(None) if "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", ()) else None
