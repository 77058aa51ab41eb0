"""What starts before the command line does."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hwnas

THEIRS = '__version__ = "0.1.0"\n__all__ = ["run_hwnas"]\n'  # of PyPI's slimnet 0.2.1


def started(place: Path) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, {str(place)!r}); from hwnas.__main__ import main; main()"
    return subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("files", "code"), [({}, 0), ({"__init__.py": THEIRS}, 2), ({"nas_module.py": ""}, 2)])
def test_files_of_the_other_package_of_that_name_among_ours_are_told(
    tmp_path: Path, files: dict[str, str], code: int
) -> None:
    shutil.copytree(Path(hwnas.__file__).parent, tmp_path / "hwnas", ignore=shutil.ignore_patterns("__pycache__"))
    for name, content in files.items():
        (tmp_path / "hwnas" / name).write_text(content)
    done = started(tmp_path)
    assert done.returncode == code, done.stderr
    assert ("slimnet" in done.stderr, done.stderr.count("\n")) == ((True, 1) if code else (False, 0))
