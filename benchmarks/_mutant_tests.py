"""Which test files ought to notice a mutant, and how one of them runs on it."""

import contextlib
import os
import re
import signal
import sys
from multiprocessing import get_context
from pathlib import Path

import pytest


def suites(copy: Path) -> dict[str, str]:
    """The contract suite of each room, as the README tells it."""
    rows = re.findall(r"^\| .*`hwnas/(\w+)/`.*`(tests/[\w/]+\.py)` \|$", (copy / "README.md").read_text(), re.MULTILINE)
    return dict(rows)


def test_files(module: str, copy: Path) -> list[str]:
    """Those that ought to notice a mutant of this module, the nearest first."""
    path = Path("tests", *Path(module).parts[1:])
    mirror = copy / path.with_name(f"test_{path.stem.strip('_')}.py")
    room = path.parts[1]
    order = [mirror]
    if room == "testing":  # what ships as suites is run there
        order += [copy / "tests" / "contracts" / mirror.name]
    if mirror.parent.name != "tests":
        order += sorted(mirror.parent.glob("test_*.py"))
    if (copy / "tests" / room).is_dir():
        order += sorted((copy / "tests" / room).rglob("test_*.py"))
    if room in (found := suites(copy)):
        order.append(copy / found[room])
    if room == "testing":
        order += sorted((copy / "tests" / "contracts").glob("test_*.py"))
    files = list(dict.fromkeys(str(file.relative_to(copy)) for file in order if file.is_file()))
    name = module.removesuffix(".py").replace("/", ".")
    nearest = [file for file in files if file == files[0] or name in (copy / file).read_text()]
    return list(dict.fromkeys([*(nearest if mirror.is_file() else nearest[1:]), *files]))


def run(copy: Path, file: str, limit_s: float) -> tuple[bool | None, float]:
    """Whether all its tests pass, none if they take too long, and the seconds they took.

    They run in a fork that has the libraries loaded. Seconds in which the machine, or this command, was stopped do
    not count.
    """
    process = get_context("fork").Process(target=_run, args=(copy, file))
    process.start()
    waited, step = 0.0, 0.2
    while process.exitcode is None and waited < limit_s:
        process.join(step)
        waited += step
    code = process.exitcode
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid or 0, signal.SIGKILL)  # with whatever the tests have started
    process.join()
    return None if code is None else code == 0, waited


def _run(copy: Path, file: str) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    for name in [name for name in sys.modules if name.partition(".")[0] == "hwnas"]:
        del sys.modules[name]  # the package of the copy is the one to import
    os.chdir(copy)
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(copy))
    code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", file])
    os._exit(int(code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)))
