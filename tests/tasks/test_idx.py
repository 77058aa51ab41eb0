import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.errors import InputError
from hwnas.tasks._idx import idx_bytes, read_idx

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=3), st.sampled_from(["", ".gz"]))
def test_what_is_written_is_read_back_gzipped_or_not(
    tmp_path_factory: pytest.TempPathFactory, shape: list[int], suffix: str
) -> None:
    folder = tmp_path_factory.mktemp("idx")
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    data = idx_bytes(array)
    (folder / f"x{suffix}").write_bytes(data if suffix else gzip.decompress(data))
    np.testing.assert_array_equal(read_idx(folder, "x", len(shape)), array)


def test_the_same_array_gives_the_same_bytes() -> None:
    assert idx_bytes(ARRAY) == idx_bytes(ARRAY.copy())


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_file_cut_anywhere_is_refused_in_one_sentence(tmp_path: Path, suffix: str) -> None:
    data = idx_bytes(ARRAY) if suffix else gzip.decompress(idx_bytes(ARRAY))
    path = tmp_path / f"x{suffix}"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(InputError, match="copy the file again") as caught:
            read_idx(tmp_path, "x", 3)
        assert "\n" not in str(caught.value)


def test_sizes_too_large_to_multiply_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes((0, 0, 8, 3)) + b"\x80\x00\x00\x00" * 3)
    with pytest.raises(InputError, match=r"says that it holds \d+ bytes .* at most"):
        read_idx(tmp_path, "x", 3)


def test_of_a_packed_file_no_more_is_unpacked_than_its_sizes_say(tmp_path: Path) -> None:
    """100 MB of zeros in 100 kB: read as a whole they would show in what was allocated."""
    (tmp_path / "x.gz").write_bytes(gzip.compress(gzip.decompress(idx_bytes(ARRAY)) + bytes(10**8)))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="not a whole IDX file"):
            read_idx(tmp_path, "x", 3)
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()


def test_another_number_of_dimensions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(idx_bytes(ARRAY))
    with pytest.raises(InputError, match="in 1 dimensions"):
        read_idx(tmp_path, "x", 1)


def test_a_missing_file_is_named_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No x or x\.gz in .*: expected IDX files"):
        read_idx(tmp_path, "x", 1)
