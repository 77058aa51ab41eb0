"""One finished search on a simulated device, made once; each test gets a copy to spoil."""

import shutil
from pathlib import Path

import pytest

from hwnas.pipeline.study import Study
from tests.plugged import Simulated, tiny_task
from tests.runs import tiny_supernet


def reopened(folder: Path, device: Simulated | None = None) -> Study:
    """The study of such a folder."""
    return Study(folder, tiny_supernet(), tiny_task(), device or Simulated(), preset="rapid")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Never interrupted: 24 timed, 16 evaluations per run."""
    folder = tmp_path_factory.mktemp("finished")
    reopened(folder).search(16, samples=24)
    return folder


@pytest.fixture
def searched(finished: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(finished, tmp_path / "searched"))
