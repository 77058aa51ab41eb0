"""A phone on which ONNX Runtime's own program `onnxruntime_perf_test` does the timing.

Each burst is a process of its own, which loads the model, runs it once to warm up, then as often as it is told, and
says the median. So a timing takes longer than it does under Python, and there is no processor time, only wall time;
rounds, order and the reference beside each model are the same.
"""

import hashlib
import json
import math
import random
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hwnas.contracts.device import Device, DeviceCard, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError
from hwnas.devices._facts import Opener
from hwnas.devices._phone import HOME, Phone, last_line
from hwnas.devices._session import PROFILED_RUNS, Operation, operations

MODELS = f"{HOME}/hwnas/models"
PROFILE = f"{HOME}/hwnas/profile"  # the program adds a date and .json
LEVELS = {"all": 99, "extended": 2, "basic": 1, "none": 0}  # as the program numbers them
MAX_RUNS = 100_000
_MEDIAN = re.compile(r"P50 Latency(?: is|:)\s*([\d.e+-]+)\s*s")  # older versions say "is"
_FACTS = (
    "getprop ro.product.model; getprop ro.soc.model; getprop ro.board.platform; getprop ro.build.version.release; "
    "uname -r; uname -m; nproc; grep MemTotal /proc/meminfo; "
    "cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor 2>/dev/null || echo unknown; md5sum {program} || echo"
)


@dataclass(frozen=True)
class Command:
    """How to call the program: where it is, and on which cores (a mask for `taskset`, or empty)."""

    program: str
    mask: str
    threads: int
    optimization: str
    provider: str

    def script(self, model: str, runs: int, seconds: float, extra: str = "") -> str:
        """What the phone's shell runs. The program's folder has its libraries; `extra` are options before the model.

        Ended on the phone after `seconds`, where it has `timeout`: it may not notice that nobody listens any more.
        """
        folder = shlex.quote(self.program.rpartition("/")[0] or ".")
        pinned = f"taskset {self.mask} " if self.mask else ""
        ended = f"$(command -v timeout >/dev/null && echo timeout -s KILL {math.ceil(seconds)}) "
        return (
            f"cd {folder} && ORT_DISABLE_TELEMETRY=1 LD_LIBRARY_PATH={folder} {ended}{pinned}"
            f"{shlex.quote(self.program)} -I -m times -r {runs} -x {self.threads} -y 1 -o {LEVELS[self.optimization]} "
            f"-e {self.provider} {extra}-s {MODELS}/{model}"
        )


@dataclass
class PerfTest(Device, Opener):
    """The phone under that program; `timeout` seconds without an answer count as hung."""

    name: str
    phone: Phone
    command: Command
    timeout: float
    _medians: dict[str, float] = field(default_factory=dict)
    _there: set[str] = field(default_factory=set)

    def card(self) -> DeviceCard:
        lines = self.phone.ask(_FACTS.format(program=shlex.quote(self.command.program))).splitlines()
        facts = [line.strip() for line in lines] + [""] * 10
        model, chip, board, release, kernel, machine, cores, memory, governor, digest = facts[:10]
        if not digest:
            program = self.command.program
            raise DeviceError(
                f"{self.phone.name} has no program {program}; push it there, or name it with perf_test=PATH."
            )
        return DeviceCard(
            device=self.name,
            processor=chip or board or "unknown",
            cores=int(cores) if cores.isdigit() else 1,
            memory_bytes=1024 * int((re.findall(r"\d+", memory) or ["0"])[0]),
            system=f"Android {release} {kernel} {machine}",
            runtime=f"onnxruntime_perf_test {digest[:12]}",
            provider=self.command.provider,
            threads=self.command.threads,
            settings={
                "phone": model or "unknown",
                "governor": governor,
                "mask": self.command.mask or "none",
                "optimization": self.command.optimization,
            },
        )

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        names = self._bring([*models, reference])
        half = replace(plan, min_runs=(plan.min_runs + 1) // 2, min_seconds=plan.min_seconds / 2)
        for number in range(plan.first_round, plan.first_round + plan.rounds):
            order = list(range(len(models)))
            random.Random(f"{plan.seed} {number}").shuffle(order)  # noqa: S311 not a secret
            for index in order:
                before, _ = self._burst(reference, names, half)
                own, runs = self._burst(models[index], names, plan)
                after, _ = self._burst(reference, names, half)
                yield Timing(index, number, runs, own, (before + after) / 2)

    def operations(self, model: Path) -> list[Operation]:
        """As `Opener`, from the profile that the program writes of one warm-up run and those it is told to do."""
        names = self._bring([model])
        burst = self.command.script(names[model], PROFILED_RUNS - 1, self.timeout, f"-p {PROFILE} ")
        done = self.phone.shell(f"rm -f {PROFILE}*; {burst} >&2 && cat {PROFILE}*.json; rm -f {PROFILE}*", self.timeout)
        try:
            return operations(json.loads(done.stdout))
        except ValueError:
            raise self._refusal(model, done) from None

    def _refusal(self, model: Path, done: subprocess.CompletedProcess[str]) -> DeviceError:
        said = f"{model} cannot be run: {last_line(done)}; export it again or leave it out."
        return DeviceError(f"{self.phone.name} refuses a model: {said}")

    def _burst(self, model: Path, names: Mapping[Path, str], plan: TimingPlan) -> tuple[float, int]:
        """Median in ms, and the number of runs: as many as took `min_seconds` the last time, or more."""
        median_ms = self._medians.get(names[model])
        enough = math.ceil(plan.min_seconds * 1000 / median_ms) if median_ms else 0
        runs = min(max(plan.min_runs, enough), MAX_RUNS)
        done = self.phone.shell(self.command.script(names[model], runs, self.timeout), self.timeout)
        said = _MEDIAN.search(done.stdout)
        if done.returncode != 0 or said is None:
            raise self._refusal(model, done)
        self._medians[names[model]] = float(said[1]) * 1000
        return self._medians[names[model]], runs

    def _bring(self, paths: Sequence[Path]) -> dict[Path, str]:
        """Push what is not there yet, or not whole; what each is called there, which is a digest of its content."""
        names = {}
        for path in dict.fromkeys(paths):
            try:
                names[path] = f"{hashlib.sha256(path.read_bytes()).hexdigest()}.onnx"
            except OSError as error:
                raise DeviceError(f"{path} cannot be read: {error.strerror}; check the path.") from error
        asked = " ".join(set(names.values()) - self._there)
        if asked:
            told = self.phone.ask(f"mkdir -p {MODELS} && cd {MODELS} && {{ sha256sum {asked} 2>/dev/null || true; }}")
            pairs = (line.split() for line in told.splitlines())
            self._there |= {pair[1] for pair in pairs if len(pair) == 2 and pair[1] == f"{pair[0]}.onnx"}
        for path, name in names.items():
            if name not in self._there:
                self.phone.push(path, f"{MODELS}/{name}")
                self._there.add(name)
        return names
