"""Claim: four busy processes on two cores change a latency table by at most 3 %, or it is refused.

The same sub-networks are timed in sessions of their own, turn and turn about: on the machine as it is, and beside busy
processes (loops that never wait, two for each processor), with the speeds remembered as `hwnas profile` does.
Ratios of the second to the first, row by row, are the error; nothing is scaled afterwards. Two idle sessions compared
in the same way say how much of it is the machine's own drift. Two more busy sessions have it harder. One may not go
before other processes, as for a user without that right: there, too, the verdict must be `unusable`, or the table as
good. One remembers nothing of the idle machine, and nothing in it tells how fast that is: what all latencies share is
lost, its ratios must be as good, and its verdict must not be `stable` (`hwnas profile` then says that all latencies may
be too long alike). With two threads there is only wall time.

Run:  python benchmarks/busy_machine.py [--space mobilenetv3_grey28] [--threads 1] [--samples 30] [--preset normal]
          [--pixels 160]
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from _saving import save
from scipy.stats import kendalltau

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices import _host, _runner, open_device
from hwnas.export.architecture import write_architecture
from hwnas.genomes.sampling import draw
from hwnas.pipeline.tables.time_architectures import write_reference
from hwnas.profiling.presets import Preset, find_preset
from hwnas.profiling.speeds import SpeedRecord
from hwnas.profiling.stopwatch import Profile, time_models
from hwnas.spaces.mobilenetv3 import mobilenetv3
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28

PER_PROCESSOR = 2


@contextmanager
def busy_processes(processes: int) -> Iterator[None]:
    """So many loops meanwhile, free to run on every processor."""
    code = "import os\nos.sched_setaffinity(0, range(os.cpu_count()))\nwhile True: pass"
    loops = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(processes)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@contextmanager
def no_precedence() -> Iterator[None]:
    """As for a user who may not go before others."""
    first, _runner.FIRST = _runner.FIRST, 0
    try:
        yield
    finally:
        _runner.FIRST = first


def session(models: list[Path], reference: Path, preset: Preset, threads: int, remembers: str = "idle") -> Profile:
    """One profile on a device opened anew, which remembers those before it that were given the same name."""
    device = open_device(f"cpu:threads={threads}")
    record = SpeedRecord(device.card(), reference.parent / remembers)
    baseline = record.baseline_with(reference)
    found = time_models(device, models, reference, preset, canaries=range(3), baseline=baseline)
    record.keep({reference: found.scale.seen_ms}, found.others_busy)
    return found


def latencies(profile: Profile) -> FloatArray:
    """In ms, one per model."""
    return np.array([found.latency_ms for found in profile.latencies])


def compare(profile: Profile, idle: FloatArray) -> dict[str, object]:
    """Errors of a table against an idle one, and what it says of itself."""
    ratio = latencies(profile) / idle
    return {
        "mean_error": float(np.abs(ratio - 1).mean()),
        "largest_error": float(np.abs(ratio - 1).max()),
        "mean_error_of_ratios": float(np.abs(ratio / np.median(ratio) - 1).mean()),
        "kendall_tau": float(kendalltau(latencies(profile), idle).statistic),
        "reference_ms": profile.scale.reference_ms,
        "seen_ms": profile.scale.seen_ms,
        "waiting": profile.scale.waiting,
        "others_busy": profile.others_busy,
        "verdict": profile.verdict.state,
        "advice": profile.verdict.advice,
    }


def main() -> None:
    """Time idle and busily in turns, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", choices=("mobilenetv3_grey28", "mobilenetv3"), default="mobilenetv3_grey28")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--samples", type=int, default=30)
    parser.add_argument("--preset", default="normal")
    parser.add_argument("--pixels", type=int, default=160, help="of the full-size space")
    options = parser.parse_args()
    pixels = options.pixels
    full = options.space == "mobilenetv3"
    space: SearchSpace = mobilenetv3(input_shape=(3, pixels, pixels)) if full else mobilenetv3_grey28()
    preset = find_preset(options.preset)
    loops = PER_PROCESSOR * (_host.usable_cores() if _host.usable_cores() > 1 else 2)
    with tempfile.TemporaryDirectory() as folder:
        models = [
            write_architecture(space, space.decode(genome), Path(folder) / f"{i}.onnx")
            for i, genome in enumerate(draw(space, options.samples, 0))
        ]
        reference = write_reference(space, space.middle, Path(folder))
        how = (models, reference, preset, options.threads)
        idle = session(*how)
        with busy_processes(loops):
            busy = session(*how)
        again = session(*how)
        with busy_processes(loops):
            forgetful = session(*how, remembers="nothing")
        with busy_processes(loops), no_precedence():
            behind = session(*how)
    base = (latencies(idle) + latencies(again)) / 2
    found = {
        "busy": compare(busy, base),
        "busy_without_precedence": compare(behind, base),
        "busy_without_memory": compare(forgetful, base),
        "idle_again": compare(again, latencies(idle)),
    }
    save(
        f"busy_machine_{options.space}" + (f"_threads={options.threads}" if options.threads > 1 else ""),
        __doc__ or "",
        {
            "space": options.space,
            "threads": options.threads,
            "pixels": pixels if full else None,
            "samples": options.samples,
            "preset": options.preset,
            "busy_processes": loops,
            "idle": {"verdict": idle.verdict.state, "advice": idle.verdict.advice, "others_busy": idle.others_busy},
            **found,
        },
    )


if __name__ == "__main__":
    main()
