"""Settings of all tests, made before anything heavy is imported.

Networks here are so small that threads only wait for one another: with two of them on a busy machine a training step
took forty times as long. Hypothesis knows no deadlines, for the machine may have other work.
"""

import atexit
import os
import shutil
import tempfile

from hypothesis import settings

os.environ["HWNAS_CACHE"] = tempfile.mkdtemp(prefix="hwnas-tests-")
atexit.register(shutil.rmtree, os.environ["HWNAS_CACHE"], ignore_errors=True)
os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("house", deadline=None)
settings.load_profile("house")
