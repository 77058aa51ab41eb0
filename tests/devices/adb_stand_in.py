"""A stand-in for `adb` and the phone behind it, since none is at hand: what it is told to run, it runs here.

It knows the words of `adb` that are used (``-s``, ``shell -T``, ``push``, ``wait-for-device``), writes down each call,
and puts a folder in place of the phone's. `dumpsys`, `getprop` and the clocks under ``/sys`` say what a test tells
them to; `onnxruntime_perf_test` is a script that takes the options of that program, prints what it prints, and runs
the real ONNX Runtime. So the sequence of commands is tested, and what is made of their output; a phone is not.
"""

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

SERIAL = "R58M30ABCDE"
HOME, CPUS = "/data/local/tmp", "/sys/devices/system/cpu"
_ADB = r"""#!/bin/sh
echo "$*" >> {folder}/calls
[ "$1" = -s ] || {{ echo "adb: more than one device/emulator" >&2; exit 1; }}
[ "$2" = {serial} ] || {{ echo "adb: device '$2' not found" >&2; exit 1; }}
shift 2
if [ "$1" = wait-for-device ]; then rm -f {folder}/offline; exit 0; fi
if [ -e {folder}/offline ]; then echo "error: device offline" >&2; exit 1; fi
if [ -e {folder}/unauthorized ]; then echo "error: device unauthorized." >&2; exit 1; fi
here() {{ echo "$1" | sed 's#{home}#{folder}/tmp#g; s#{cpus}#{folder}/cpus#g'; }}
case "$1" in
    push) cp "$2" "$(here "$3")" ;;
    shell) [ "$2" = -T ] && shift; PATH={folder}/phone:$PATH exec sh -c "$(here "$2")" ;;
esac
"""
_DUMPSYS = """#!/bin/sh
cat {folder}/$1
"""
_GETPROP = """#!/bin/sh
case "$1" in
    ro.product.model) echo "Stand-in 1" ;;
    ro.soc.model) echo "No Chip" ;;
    *) echo ;;
esac
"""
_PERF_TEST = """#!/bin/sh
exec {python} "$0.py" "$@"
"""  # the path of a Python may be too long for a script's first line, or have spaces
_PERF_TEST_PY = """\
import argparse, statistics, time
import numpy, onnxruntime
parser = argparse.ArgumentParser()
for flag in ("-I", "-s"):
    parser.add_argument(flag, action="store_true")
for name in "mrxyoep":
    parser.add_argument("-" + name)
parser.add_argument("model")
asked = parser.parse_args()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(asked.x)
options.log_severity_level = 4
if asked.p:
    options.enable_profiling, options.profile_file_prefix = True, asked.p
session = onnxruntime.InferenceSession(asked.model, options, providers=["CPUExecutionProvider"])
types = {{"tensor(float)": "float32", "tensor(int64)": "int64"}}
feeds = {{i.name: numpy.zeros([s if isinstance(s, int) else 1 for s in i.shape], types[i.type])
          for i in session.get_inputs()}}
session.run(None, feeds)
times = []
for _ in range(int(asked.r)):
    start = time.perf_counter()
    session.run(None, feeds)
    times.append(time.perf_counter() - start)
if asked.p:
    session.end_profiling()
print("Session creation time cost: 0.001 s")
print(f"Total inference requests: {{len(times)}}")
print(f"Min Latency: {{min(times):.6g}} s")
print(f"P50 Latency: {{statistics.median(times):.6g}} s")
print(f"P90 Latency: {{max(times):.6g}} s")
"""
_THERMAL = """\
IsStatusOverride: false
Thermal Status: {status}
Cached temperatures:
	Temperature{{mValue=99.0, mType=3, mName=skin, mStatus=0}}
HAL Ready: true
Current temperatures from HAL:
	Temperature{{mValue=80.5, mType=0, mName=AP, mStatus=0}}
	Temperature{{mValue=0.0, mType=2, mName=SUBBAT, mStatus=0}}
	Temperature{{mValue={celsius}, mType=3, mName=skin, mStatus=0}}
Current cooling devices from HAL:
"""
_BATTERY = """\
Current Battery Service state:
  level: 90
  temperature: {tenths}
  technology: Li-ion"""


@dataclass
class StandIn:
    """The stand-in in `folder`."""

    folder: Path

    def __post_init__(self) -> None:
        for name in ("bin", "phone", "tmp", "cpus/cpu0/cpufreq", "cpus/cpu1/cpufreq"):
            (self.folder / name).mkdir(parents=True)
        words = {
            "folder": self.folder,
            "serial": SERIAL,
            "home": HOME,
            "cpus": CPUS,
            "python": shlex.quote(sys.executable),
        }
        for name, script in {
            "bin/adb": _ADB,
            "phone/dumpsys": _DUMPSYS,
            "phone/getprop": _GETPROP,
            "tmp/onnxruntime_perf_test": _PERF_TEST,
            "tmp/onnxruntime_perf_test.py": _PERF_TEST_PY,
        }.items():
            (self.folder / name).write_text(script.format(**words))
            (self.folder / name).chmod(0o755)
        self.heat(30.0)
        self.clocks(cap=2000000, now=1900000)

    @property
    def programs(self) -> Path:
        """Folder to put first on the path."""
        return self.folder / "bin"

    @property
    def with_python(self) -> str:
        """Device string of the phone with a Python."""
        return f"adb://{SERIAL},python={shlex.quote(sys.executable)}"

    @property
    def with_program(self) -> str:
        """Device string of the phone with `onnxruntime_perf_test`."""
        return f"adb://{SERIAL},perf_test={HOME}/onnxruntime_perf_test"

    @property
    def calls(self) -> list[str]:
        """What `adb` was called with, but for the serial."""
        return [line.removeprefix(f"-s {SERIAL} ") for line in (self.folder / "calls").read_text().splitlines()]

    def heat(self, celsius: float, status: int = 0) -> None:
        """What `dumpsys` says from now on."""
        _replace(self.folder / "thermalservice", _THERMAL.format(celsius=celsius, status=status))
        _replace(self.folder / "battery", _BATTERY.format(tenths=int(celsius * 10)))

    def clocks(self, cap: int, now: int) -> None:
        """Highest clock allowed and present clock of the cores, in kHz, from now on."""
        for core in ("cpu0", "cpu1"):
            _replace(self.folder / "cpus" / core / "cpufreq" / "scaling_max_freq", f"{cap}\n")
            _replace(self.folder / "cpus" / core / "cpufreq" / "scaling_cur_freq", f"{now}\n")
        _replace(self.folder / "cpus" / "cpu0" / "cpufreq" / "scaling_governor", "schedutil\n")

    def running(self) -> list[int]:
        """Process ids of what runs on the phone."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if f"{self.folder}/phone:".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def say(self, word: str) -> None:
        """Be ``offline`` (until waited for) or ``unauthorized``."""
        (self.folder / word).touch()


def _replace(path: Path, text: str) -> None:
    """At once, for it may be being read."""
    temporary = path.with_name(f".{path.name}")
    temporary.write_text(text)
    os.replace(temporary, path)  # noqa: PTH105
