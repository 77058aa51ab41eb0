"""Settings of all tests, made before anything heavy is imported.

Networks here are so small that threads only wait for one another: with two of them on a busy machine a training step
took forty times as long. Hypothesis knows no deadlines, for the machine may have other work.
"""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["HWNAS_CACHE"] = tempfile.mkdtemp(prefix="hwnas-tests-")
atexit.register(shutil.rmtree, os.environ["HWNAS_CACHE"], ignore_errors=True)
os.environ.setdefault("OMP_NUM_THREADS", "1")
if (_runtime := find_spec("onnxruntime")) is not None and _runtime.origin is not None:
    # Its tools put this on the path when they are first imported, and tests that restore the path took it away again.
    sys.path.append(str(Path(_runtime.origin).parent / "transformers"))
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rooms with the longest files first, or one of two processes would be left with such a file at the end."""
    long = ("pipeline", "cli", "contracts")
    items.sort(key=lambda item: next((i for i, room in enumerate(long) if room in item.path.parts), len(long)))


@pytest.fixture(scope="module", autouse=True)
def _a_memory_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a file's tests teach hwnas of a device's speed, another file's do not see."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWNAS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
