"""One Python file with everything that timing needs, to be sent to another machine.

It is a zip application (PEP 441) of the sources of the rooms `contracts` and `devices` and of the modules that give a
verdict on timings. The far end runs the very devices of this room, so what is true of the local processor is true of a
remote one, and a bundle, which holds this file, checks its models anywhere as they are checked here. It needs Python
3.10, numpy and onnxruntime there, and no hwnas. Nothing in it is compressed, since a Python may lack zlib, and no file
has a date, so equal sources give equal bytes.
"""

import hashlib
import io
import zipfile
import zlib
from functools import cache
from importlib.resources import files

from hwnas.devices._interpreter import FORGETTING

ROOMS = ("contracts", "devices")
VERDICTS = (  # of `profiling`
    "__init__", "bundle_outputs", "estimate", "presets", "promise", "recheck", "slowdown", "stopwatch", "verdict",
)  # fmt: skip
OLDEST_PYTHON = (3, 10)  # for unions in annotations, and entry points by group
_MAIN = "from hwnas.devices._serve import main\n\nmain()\n"
_PACKAGE = '''"""Sent by hwnas to time models here; parts of that package, as they are there."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as in the whole package
'''
_BOOTSTRAP = """
import json, os, runpy, sys, tempfile, zlib
runner = zlib.decompress(sys.stdin.buffer.read({size}))
if sys.version_info < {oldest}:
    said = "Python {oldest_text} or newer is needed there, got " + sys.version.split()[0]
    print(json.dumps({{"error": "device", "text": said + "; install it and name it with python=PROGRAM."}}), flush=True)
    sys.exit(1)
home = os.path.expanduser(os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache"), "hwnas"))
homeless = home.startswith("~")  # as `_cache` has it
if homeless:
    home = os.path.join(tempfile.gettempdir(), "hwnas-cache-" + str(os.geteuid()))
path = os.path.join(home, "{name}")
try:
    os.makedirs(home, mode=0o700 if homeless else 0o777, exist_ok=True)
    if homeless and os.lstat(home).st_uid != os.geteuid():
        raise OSError(1, "it is another user's")
    kept = os.path.isfile(path) and open(path, "rb").read()
    if kept != runner:
        with open(path + "." + str(os.getpid()), "wb") as file:
            file.write(runner)
        os.replace(file.name, path)
except OSError as error:
    said = "Cannot keep files in " + home + ": " + str(error.strerror) + "; free space, or make it writable."
    print(json.dumps({{"error": "device", "text": said}}), flush=True)
    sys.exit(1)
sys.argv = [path, "serve", home, "{silence}"]
runpy.run_path(path, run_name="__main__")
"""
ONE_LINER = FORGETTING + "exec(eval(sys.stdin.buffer.readline()))"
"""What Python is started with at the far end; it runs the first line it is sent, the `opening`."""


@cache
def runner() -> bytes:
    """The file: ``python FILE time model.onnx`` times a model, ``python FILE --help`` says what else."""
    sources = {"__main__.py": _MAIN.encode(), "hwnas/__init__.py": _PACKAGE.encode()}
    for room in ROOMS:
        for entry in files(f"hwnas.{room}").iterdir():
            if entry.name.endswith(".py"):
                sources[f"hwnas/{room}/{entry.name}"] = entry.read_bytes()
    for name in VERDICTS:
        sources[f"hwnas/profiling/{name}.py"] = files("hwnas").joinpath("profiling", f"{name}.py").read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, source in sorted(sources.items()):
            archive.writestr(zipfile.ZipInfo(name), source)
    return packed.getvalue()


def runner_name() -> str:
    """What the file is called: another content, another name."""
    return f"hwnas_runner-{hashlib.sha256(runner()).hexdigest()[:12]}.pyz"


def opening(silence_seconds: float) -> bytes:
    """First bytes to a Python that runs `ONE_LINER`: keep the runner in the cache folder, unless there, and serve."""
    small = zlib.compress(runner(), 9)
    code = _BOOTSTRAP.format(
        size=len(small),
        name=runner_name(),
        silence=silence_seconds,
        oldest=OLDEST_PYTHON,
        oldest_text=".".join(map(str, OLDEST_PYTHON)),
    )
    return repr(code).encode() + b"\n" + small
