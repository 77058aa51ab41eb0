import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.errors import InputError
from hwnas.contracts.files import read_limited, unpacked, write_atomic

_FULL_DISK = """
import resource, sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomic(Path(sys.argv[1]), b"new" * 1000)
except InputError as error:
    print(error)
"""


@given(st.binary(max_size=50) | st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_what_is_written_is_read_back_and_the_folder_holds_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: bytes | str
) -> None:
    path = tmp_path_factory.mktemp("folder") / "made" / "on" / "the way.bin"
    write_atomic(path, b"old")
    write_atomic(path, data)
    assert path.read_bytes() == (data.encode() if isinstance(data, str) else data)
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_finds_no_room_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(path)], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert "Cannot write" in done.stdout
    assert "3000 bytes" in done.stdout
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture(params=["disk", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder on the disk, or in the memory that Linux shows below /dev, whose files are ordinary ones."""
    if request.param == "disk":
        yield tmp_path
    elif not Path("/dev/shm").is_dir():  # noqa: S108  the one place of its kind
        pytest.skip("this system shows no memory below /dev")
    else:
        with TemporaryDirectory(dir="/dev/shm") as folder:
            yield Path(folder)


def test_an_interrupted_write_leaves_the_old_file_and_no_other(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place / "file"
    write_atomic(path, b"old")

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(place.iterdir()) == [path]


def test_a_pipe_is_written_into_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomic(pipe, b"told")
        assert os.read(reader, 10) == b"told"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_folder_in_the_way_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(InputError, match="directory"):
        write_atomic(tmp_path / "file", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_file_where_a_folder_should_be_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes(b"old")
    with pytest.raises(InputError, match="Cannot write"):
        write_atomic(tmp_path / "run" / "file", b"new")
    assert (tmp_path / "run").read_bytes() == b"old"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into read-only folders")
def test_a_read_only_folder_is_said_in_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="Permission denied"):
        write_atomic(tmp_path / "file", b"new")


def test_reading_ends_at_a_limit_also_of_what_is_packed(tmp_path: Path) -> None:
    (tmp_path / "zeros.gz").write_bytes(gzip.compress(bytes(10**6)))
    raw = read_limited(tmp_path / "zeros.gz", 10_000)
    assert unpacked(tmp_path / "zeros.gz", raw, 10**6) == bytes(10**6)
    with pytest.raises(InputError, match="unpacks to more than 999999 bytes"):
        unpacked(tmp_path / "zeros.gz", raw, 10**6 - 1)
    with pytest.raises(InputError, match="holds more than 100 bytes"):
        read_limited(tmp_path / "zeros.gz", 100)
    with pytest.raises(InputError, match="holds more than 100 bytes"):
        read_limited(Path("/dev/zero"), 100)
    with pytest.raises(InputError, match=r"cannot be unpacked: .*; get it again"):
        unpacked(tmp_path / "zeros.gz", raw[:-9], 10**6)


def test_a_path_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path, Path("nul\0")):
        with pytest.raises(InputError, match="Cannot read"):
            read_limited(path)
