"""What a user wrote is not touched; what hwnas wrote is replaced."""

import os
import stat
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.outputs import outputs


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def write(path: Path, data: bytes, *, force: bool = False) -> None:
    with outputs([path], force=force):
        write_atomic(path, data)


def test_what_hwnas_wrote_there_is_replaced_and_what_it_did_not_is_not(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    write(path, b"first")
    write(path, b"second")
    path.write_bytes(b"edited by its user")
    with pytest.raises(
        InputError, match="is not what hwnas wrote there; name another place, or replace it with --force"
    ):
        write(path, b"third")
    assert path.read_bytes() == b"edited by its user"
    write(path, b"third", force=True)
    write(path, b"fourth")
    assert path.read_bytes() == b"fourth"


def test_it_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"mine")
    begun = False
    with pytest.raises(InputError, match="b is there already"), outputs([tmp_path / "a", tmp_path / "b"]):
        begun = True
    assert not begun


def test_what_is_written_on_the_way_to_it_is_not_remembered(tmp_path: Path) -> None:
    with outputs([tmp_path / "a"]):
        write_atomic(tmp_path / "b", b"another file")
    with pytest.raises(InputError), outputs([tmp_path / "b"]):
        pass


def test_killed_before_or_after_the_new_content_is_there_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    write(path, b"old")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for moment in ("fsync", "replace"):  # the new content is not there yet
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(*((os, "fsync", killed) if moment == "fsync" else (Path, "replace", killed)))
            write(path, b"new")
        write(path, b"old")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # it is there, and the memory has both
        real = Path.replace

        def once_there(self: Path, target: Path) -> Path:
            done = real(self, target)
            if Path(target) == path:
                raise KeyboardInterrupt
            return done

        patch.setattr(Path, "replace", once_there)
        write(path, b"new")
    assert path.read_bytes() == b"new"
    write(path, b"newer")


def test_without_a_cache_nothing_is_known_and_nothing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    write(tmp_path / "a", b"first")
    with pytest.raises(InputError, match="--force"):
        write(tmp_path / "a", b"second")


def test_a_device_and_a_pipe_are_written_to_and_stay_what_they_are(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    for path in (Path(os.devnull), pipe):
        write(path, b"data")
        assert not stat.S_ISREG(path.stat().st_mode)
    assert os.read(reader, 10) == b"data"
    os.close(reader)


def test_a_link_stays_one_and_what_it_points_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    for target in ("place/real.json", "place/new.json"):
        link = tmp_path / Path(target).name
        link.symlink_to(target)
        write(link, b"data")
        assert link.is_symlink()
        assert (tmp_path / target).read_bytes() == b"data"
    assert sorted(p.name for p in (tmp_path / "place").iterdir()) == ["new.json", "real.json"]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_mode_that_the_umask_leaves_and_an_old_one_keeps_its_own(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_atomic(tmp_path / "new", b"data")
        (tmp_path / "old").touch()
        (tmp_path / "old").chmod(0o640)
        write_atomic(tmp_path / "old", b"data")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"new": 0o666 & ~umask, "old": 0o640}


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no such folder on this system")
@pytest.mark.parametrize("path", ["/proc/x.json", "/proc/self/a/x.json"])
def test_a_folder_that_takes_no_files_from_anybody_is_refused_before_anything_is_done(path: str) -> None:
    with pytest.raises(InputError, match=r"in the folder /proc\S* nothing can be made"), outputs([Path(path)]):
        pytest.fail("it was begun")


@pytest.mark.parametrize("name", ["file/x.json", "folder", "n" * 300, "no\0name"])
def test_what_cannot_be_written_is_refused_before_anything_is_done(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"is no folder|is a folder|Cannot write"), outputs([tmp_path / name]):
        pytest.fail("it was begun")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may change every folder")
def test_a_folder_that_may_not_be_changed_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="nothing can be made"), outputs([tmp_path / "a" / "b"]):
        pytest.fail("it was begun")
